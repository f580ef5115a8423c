/** What stands for a variable; `undefined` for one that is not known. */
export type VarLookup = (name: string) => VarValue | undefined;
export type VarValue = { readonly text: string; readonly tag: string };

/**
 * Replaces `$(NAME)` by what the variable holds; `$$` is a dollar sign. A text that is nothing but one variable takes the
 * variable's type, too.
 * @see kustomize api/filters/refvar/expand.go
 */
export function expandVars(input: string, lookup: VarLookup): VarValue {
  let result = '';
  let checkpoint = 0;
  for (let cursor = 0; cursor < input.length; cursor++) {
    if (input[cursor] !== '$' || cursor + 1 >= input.length) continue;
    result += input.slice(checkpoint, cursor);
    const next = input[cursor + 1]!;
    let advance = 1;
    if (next === '$') result += '$';
    else if (next === '(') {
      const close = input.indexOf(')', cursor + 2);
      if (close < 0) result += '$(';
      else {
        const name = input.slice(cursor + 2, close);
        const wrapped = `$(${name})`;
        const value = lookup(name) ?? { text: wrapped, tag: '!!str' };
        if (input === wrapped) return value;
        result += value.text;
        advance = close - cursor;
      }
    } else result += `$${next}`;
    cursor += advance;
    checkpoint = cursor + 1;
  }
  return { text: result + input.slice(checkpoint), tag: '!!str' };
}
