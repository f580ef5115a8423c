import { decodeBase64 } from './base64.ts';
import type { YamlNode } from './node.ts';
import { type Resolved, resolvePlain, resolveTagged, shortTag } from './resolve.ts';
import type { Dialect } from './scanner.ts';

/** The type and value of a scalar node, as the decoder takes it. Throws `YamlProblem`. */
export function resolveScalar(node: YamlNode, dialect: Dialect): Resolved {
  if (node.tag === '') {
    if (node.style !== 'plain') return { tag: '!!str', value: node.value };
    return resolvePlain(node.value, dialect);
  }
  // `!` alone: v2 takes the text, v3 what it would be without the tag.
  if (node.tag === '!') {
    if (dialect === 'v2' || node.style !== 'plain') return { tag: '!!str', value: node.value };
    return resolvePlain(node.value, dialect);
  }
  const tag = shortTag(node.tag);
  if (tag === '!!binary') return { tag: '!!binary', value: decodeBase64(node.value) };
  return resolveTagged(tag, node.value, dialect);
}

export function isMergeKey(node: YamlNode, dialect: Dialect): boolean {
  if (node.kind !== 'scalar' || node.value !== '<<') return false;
  if (node.tag === '') return node.style === 'plain';
  return node.tag === '!' ? dialect === 'v2' || node.style === 'plain' : shortTag(node.tag) === '!!merge';
}

/** The short tag that goyaml.v3 gives a node (its `Node.Tag`), written or implied; '' for an alias. Throws `YamlProblem`. */
export function nodeTag(node: YamlNode): string {
  if (node.tag !== '' && node.tag !== '!') return shortTag(node.tag);
  switch (node.kind) {
    case 'mapping':
      return '!!map';
    case 'sequence':
      return '!!seq';
    case 'alias':
      return '';
    default:
      return node.value === '<<' && node.style === 'plain' ? '!!merge' : resolveScalar(node, 'v3').tag;
  }
}
