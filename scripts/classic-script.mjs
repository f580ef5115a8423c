import { posix } from 'node:path';
import { Script } from 'node:vm';
import { init, parse } from 'es-module-lexer';

/** What esbuild prints: `import a,{b as c}from"x"`, `import*as a from"x"`, `import"x"`. */
const IMPORT = /^import\s*(?:([\w$]+)\s*,?\s*)?(?:\{([^}]*)\}|\*as ([\w$]+))?\s*(?:from\s*)?"[^"]*"$/;
const EXPORT = /export\s*\{([^}]*)\};?\s*((?:\/[/*][^\n]*\n?)*)$/;

/** `require` of this and a name means the script that is given for the name. */
export const LATER_SCRIPT = 'later-script:';
const LATER = new RegExp(`__require\\d*\\("${LATER_SCRIPT}([^"]+)"\\)`, 'g');

/**
 * Makes a module of a bundle a script that gives a function: ($exports, $load, $import, require, $meta) => void. Scripts can be
 * compiled from kept code on every Node, and loaded at once. What is imported is copied into variables when the script is loaded,
 * so that using it costs what it costs in a module; a binding that is exported and changes afterwards is refused.
 * @param name names the module in complaints
 * @param text a module as esbuild bundles it: one `export {…}` at its end, chunks beside each other
 * @param later name → script, for `LATER_SCRIPT`
 */
export async function classicScript(name, text, later = new Map()) {
  await init;
  const [imports] = parse(text, name);
  const header = [];
  let body = '';
  let at = 0;
  const replace = (start, end, by) => {
    body += text.slice(at, start) + by;
    at = end;
  };
  for (const { n: target, ss: start, se: end, d: dynamic } of imports) {
    if (dynamic === -2) replace(start, end, '$meta');
    else if (dynamic === -1) {
      header.push(binding(text.slice(start, end), target));
      replace(start, text[end] === ';' ? end + 1 : end, '');
    } else {
      replace(start, start + 'import'.length, '$import');
      if (isChunk(target)) replace(dynamic + 1, end - 1, JSON.stringify(posix.basename(target)));
    }
  }
  body += text.slice(at);
  body = body.replace(LATER, (_, wanted) => `$load(${JSON.stringify(later.get(wanted))})`);
  body = body.replace(/^#!.*\n/, '').replace(EXPORT, (_, names, comments) => {
    const parts = names.split(',').map((one) => one.split(' as '));
    for (const [local] of parts) refuseChanging(name, body, local);
    return `${parts.map(([local, exported = local]) => `$exports.${exported}=${local};`).join('')}\n${comments}`;
  });
  const script = `(function($exports,$load,$import,require,$meta){"use strict";${header.join('')}${body}\n})`;
  new Script(script, { filename: name }); // a syntax that was not foreseen fails here
  return script;
}

const isChunk = (target) => target?.startsWith('./') === true;

function binding(statement, target) {
  const found = IMPORT.exec(statement);
  if (found === null) throw new Error(`import of another form: ${statement}`);
  const [, byDefault, names, namespace] = found;
  const from = isChunk(target)
    ? `$load(${JSON.stringify(posix.basename(target))})`
    : `require(${JSON.stringify(target)})`;
  if (isChunk(target) && byDefault !== undefined) throw new Error(`default import of a chunk: ${statement}`);
  const whole = namespace ?? byDefault;
  const parts = whole === undefined ? [] : [`${whole}=${from}`];
  if (names !== undefined && names !== '') parts.push(`{${names.replaceAll(' as ', ':')}}=${whole ?? from}`);
  return parts.length === 0 ? `${from};` : `var ${parts.join(',')};`;
}

function refuseChanging(name, text, local) {
  const word = local.replaceAll('$', '\\$');
  const assigned = new RegExp(
    `(?<![.\\w$])${word}(?:=(?![=>])|[-+*/%&|^?<>]+=(?!=)|\\+\\+|--)|(?:\\+\\+|--)${word}(?![\\w$])`,
    'g',
  );
  const declared = new RegExp(`(?:function\\*? ?|class )${word}(?![\\w$])`).test(text);
  if ((text.match(assigned)?.length ?? 0) > (declared ? 0 : 1))
    throw new Error(`${name} exports ${local} and changes it: what imports it would not see that`);
}
