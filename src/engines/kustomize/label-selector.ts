import { KustomizeProblem } from './problem.ts';

/** Says whether labels (or annotations) are selected. */
export type LabelSelector = (labels: ReadonlyMap<string, string>) => boolean;

const cache = new Map<string, LabelSelector>();

/**
 * Reads a selector of Kubernetes (`app=web,tier in (a, b),!old`). Throws what Kubernetes says of one that is none.
 * @see k8s.io/apimachinery/pkg/labels/selector.go
 */
export function parseLabelSelector(text: string): LabelSelector {
  let selector = cache.get(text);
  if (selector === undefined) {
    const requirements = new SelectorParser(scan(text)).parse();
    selector = (labels) => requirements.every((requirement) => requirement(labels));
    if (cache.size > 2000) cache.clear();
    cache.set(text, selector);
  }
  return selector;
}

type TokenType =
  | 'identifier'
  | 'in'
  | 'notin'
  | 'end'
  | 'error'
  | ')'
  | '('
  | ','
  | '!'
  | '=='
  | '='
  | '>'
  | '<'
  | '!=';
interface Token {
  readonly type: TokenType;
  readonly text: string;
}

const SYMBOLS = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '(']);

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const isSpecial = (char: string): boolean => '=!(),><'.includes(char);
  const isSpace = (char: string): boolean => ' \t\r\n'.includes(char);
  while (at < text.length) {
    const char = text[at]!;
    if (isSpace(char)) {
      at++;
      continue;
    }
    if (isSpecial(char)) {
      let end = at + 1;
      let best = SYMBOLS.has(char) ? end : 0;
      while (end < text.length && isSpecial(text[end]!)) {
        end++;
        if (SYMBOLS.has(text.slice(at, end))) best = end;
        else if (best > 0) break;
      }
      if (best === 0) tokens.push({ type: 'error', text: `error expected: keyword found '${text.slice(at, end)}'` });
      else tokens.push({ type: text.slice(at, best) as TokenType, text: text.slice(at, best) });
      at = best === 0 ? end : best;
      continue;
    }
    let end = at;
    while (end < text.length && !isSpecial(text[end]!) && !isSpace(text[end]!)) end++;
    const word = text.slice(at, end);
    tokens.push({ type: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
    at = end;
  }
  tokens.push({ type: 'end', text: '' });
  return tokens;
}

type Requirement = (labels: ReadonlyMap<string, string>) => boolean;

class SelectorParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The next token; keywords count as words but where an operator is due. */
  #peek(operator = false): Token {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]!;
    return !operator && (token.type === 'in' || token.type === 'notin')
      ? { type: 'identifier', text: token.text }
      : token;
  }

  #take(operator = false): Token {
    const token = this.#peek(operator);
    this.#at++;
    return token;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.type === 'end') return requirements;
      if (token.type !== 'identifier' && token.type !== '!')
        throw new KustomizeProblem(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      try {
        requirements.push(this.#requirement());
      } catch (thrown) {
        if (!(thrown instanceof KustomizeProblem)) throw thrown;
        throw thrown.withMessage(`unable to parse requirement: ${thrown.message}`);
      }
      const next = this.#take();
      if (next.type === 'end') return requirements;
      if (next.type !== ',') throw new KustomizeProblem(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.#peek();
      if (after.type !== 'identifier' && after.type !== '!')
        throw new KustomizeProblem(`found '${after.text}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    let token = this.#take();
    const negated = token.type === '!';
    if (negated) token = this.#take();
    if (token.type !== 'identifier') throw new KustomizeProblem(`found '${token.text}', expected: identifier`);
    const key = token.text;
    requireLabelKey(key);
    const next = this.#peek();
    if (negated) return (labels) => !labels.has(key);
    if (next.type === 'end' || next.type === ',') return (labels) => labels.has(key);
    const operator = this.#take(true);
    switch (operator.type) {
      case 'in':
      case 'notin': {
        const values = this.#values();
        for (const value of values) requireLabelValue(key, value);
        if (operator.type === 'in') return (labels) => labels.has(key) && values.has(labels.get(key)!);
        return (labels) => !labels.has(key) || !values.has(labels.get(key)!);
      }
      case '=':
      case '==':
      case '!=': {
        const value = this.#exactValue();
        requireLabelValue(key, value);
        if (operator.type === '!=') return (labels) => labels.get(key) !== value;
        return (labels) => labels.get(key) === value;
      }
      case '>':
      case '<':
        return compared(key, operator.type, this.#exactValue());
      default:
        throw new KustomizeProblem(`found '${operator.text}', expected: '=', '!=', '==', 'in', notin'`);
    }
  }

  #exactValue(): string {
    const token = this.#peek();
    if (token.type === 'end' || token.type === ',') return '';
    this.#at++;
    if (token.type !== 'identifier') throw new KustomizeProblem(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #values(): Set<string> {
    const open = this.#take();
    if (open.type !== '(') throw new KustomizeProblem(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.type === ')') {
      this.#at++;
      return new Set(['']);
    }
    if (first.type !== 'identifier' && first.type !== ',')
      throw new KustomizeProblem(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.#identifiers();
    if (this.#take().type !== ')') throw new KustomizeProblem(`found '${first.text}', expected: ')'`);
    return values;
  }

  #identifiers(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const token = this.#take();
      if (token.type === 'identifier') {
        values.add(token.text);
        const next = this.#peek();
        if (next.type === ')') return values;
        if (next.type !== ',') throw new KustomizeProblem(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.type === ',') {
        if (values.size === 0) values.add('');
        const next = this.#peek();
        if (next.type === ')') {
          values.add('');
          return values;
        }
        if (next.type === ',') {
          this.#at++;
          values.add('');
        }
      } else throw new KustomizeProblem(`found '${token.text}', expected: ',', or identifier`);
    }
  }
}

const INTEGER = /^[-+]?\d+$/;
function compared(key: string, operator: '>' | '<', value: string): Requirement {
  if (!INTEGER.test(value)) throw new KustomizeProblem("for 'Gt', 'Lt' operators, the value must be an integer");
  requireLabelValue(key, value);
  const bound = BigInt(value.replace('+', ''));
  return (labels) => {
    const label = labels.get(key);
    if (label === undefined || !INTEGER.test(label)) return false;
    const number = BigInt(label.replace('+', ''));
    return operator === '>' ? number > bound : number < bound;
  };
}

const NAME = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

function requireLabelKey(key: string): void {
  const parts = key.split('/');
  const name = parts.at(-1)!;
  const problems: string[] = [];
  if (parts.length === 2) {
    if (parts[0] === '') problems.push('prefix part must be non-empty');
    else if (!SUBDOMAIN.test(parts[0]!) || parts[0]!.length > 253)
      problems.push('prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters');
  } else if (parts.length > 2)
    problems.push("a qualified name with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push('name part must be no more than 63 characters');
  else if (!NAME.test(name)) problems.push(NAME_RULE);
  if (problems.length > 0)
    throw new KustomizeProblem(`invalid label key ${JSON.stringify(key)}: ${problems.join('; ')}`);
}

function requireLabelValue(key: string, value: string): void {
  const problem =
    value.length > 63
      ? 'must be no more than 63 characters'
      : value !== '' && !NAME.test(value)
        ? "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        : '';
  if (problem !== '')
    throw new KustomizeProblem(
      `invalid label value: ${JSON.stringify(value)}: at key: ${JSON.stringify(key)}: ${problem}`,
    );
}
