import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type ContextOptions,
  functionContext,
  functionTable,
  type GoValue,
  goInt,
  helmFunctions,
  slimSprigFunctions,
  TemplateSet,
  type TemplateSetOptions,
} from '../../src/engines/gotemplate/index.ts';

function render(text: string, data: GoValue = new Map(), options: Partial<TemplateSetOptions> = {}) {
  const set = new TemplateSet({ functions: helmFunctions('4'), name: 'gotpl', missingKey: 'zero', ...options });
  const parsed = set.parse('t', text);
  return parsed.ok ? set.execute('t', data) : parsed;
}
function text(source: string, data: GoValue = new Map(), options: Partial<TemplateSetOptions> = {}): string {
  const result = render(source, data, options);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
const withContext = (options: ContextOptions) => ({ context: functionContext(options) });

describe('a template set', () => {
  test('takes other delimiters, and shows errors of either', () => {
    const options = { delims: ['<<', '>>'] as const, functions: slimSprigFunctions() };
    expect(text('{{ x }} << .a | upper >> <<- "b" >>', new Map([['a', 'v']]), options)).toBe('{{ x }} Vb');
    expect(render('<< semver "1" >>', new Map(), options)).toMatchObject({
      error: { message: 'template: t:1: function "semver" not defined' },
    });
  });

  test('clones keep apart what is parsed later', () => {
    const set = new TemplateSet({ functions: slimSprigFunctions() });
    set.parse('a', '{{ define "x" }}1{{ end }}{{ template "x" }}');
    const clone = set.clone();
    clone.parse('b', '{{ define "x" }}2{{ end }}');
    expect([set.execute('a', null), clone.execute('a', null)]).toMatchObject([{ value: '1' }, { value: '2' }]);
    expect([set.has('b'), clone.has('b')]).toEqual([false, true]);
  });

  test('functions may be added, and replace built-in ones', () => {
    const functions = functionTable([
      slimSprigFunctions(),
      { len: ['string', (value: string) => goInt(value.length)] },
    ]);
    expect(text('{{ len "é" }}', null, { functions })).toBe('1');
  });

  test('missing keys give what the set is told to', () => {
    const data = new Map([['m', new Map<string, GoValue>()]]);
    expect(text('{{ .m.x }}', data)).toBe('<no value>');
    expect(render('{{ .m.x }}', data, { missingKey: 'error' })).toMatchObject({
      error: { message: 'template: t:1:5: executing "t" at <.m.x>: map has no entry for key "x"' },
    });
  });

  test('any name is an ordinary key', () => {
    const data = new Map<string, GoValue>([['__proto__', 'p']]);
    expect(text('{{ index . "__proto__" }}{{ .constructor }}{{ dict "__proto__" 1 | toJson }}', data)).toBe(
      'p<no value>{"__proto__":1}',
    );
  });
});

describe('bounds', () => {
  test.each([
    ['{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}', 'steps'],
    ['{{ $x := "xxxxxxxxxxxxxxxx" }}{{ range until 40 }}{{ $x = cat $x $x }}{{ end }}', 'large'],
    ['{{ range until 100 }}{{ repeat 10000000 "x" }}{{ end }}', 'characters'],
    ['{{ tpl .t . }}', 'deeply'],
  ])('%s ends with a failure', (source, word) => {
    const data = new Map<string, GoValue>([['t', '{{ tpl .t . }}']]);
    const result = render(source, data, { limits: { steps: 100_000 } });
    expect(result).toMatchObject({ ok: false, error: { reason: 'limit-exceeded' } });
    if (!result.ok) expect(result.error.message).toContain(word);
  });

  test('templates that call each other without end fail as in Go', () => {
    const result = render(
      '{{ define "a" }}{{ template "b" }}{{ end }}{{ define "b" }}{{ template "a" }}{{ end }}{{ template "a" }}',
    );
    expect(result).toMatchObject({ ok: false });
    if (!result.ok) expect(result.error.message).toContain('exceeded maximum template depth (100000)');
  });

  test('a value that holds itself is an error, not a hang', () => {
    const data = new Map<string, GoValue>();
    data.set('self', data);
    expect(render('{{ . }}', data).ok).toBe(false);
    expect(text('{{ toJson . }}|', data)).toBe('|');
  });
});

describe('random values', () => {
  const source =
    '{{ randAlphaNum 20 }} {{ uuidv4 }} {{ randInt 0 1000 }} {{ bcrypt "p" }} {{ now | unixEpoch }} {{ genPrivateKey "ecdsa" }}';

  test('come from the seed', () => {
    const [a, b, c] = ['one', 'one', 'two'].map((seed) => text(source, null, withContext({ seed })));
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    expect(a).toMatch(/^[A-Za-z0-9]{20} [0-9a-f-]{14}4[0-9a-f]{3}-/);
  });

  test('are real ones without a seed', () => {
    const [a, b] = [0, 1].map(() => text('{{ randAlphaNum 20 }}', null, withContext({ seed: false })));
    expect(a).not.toBe(b);
  });

  test('certificates are signed by their authority and fit their keys', () => {
    const out = text(
      `{{ $ca := genCA "ca" 365 }}{{ $c := genSignedCert "host" (list "10.0.0.1" "::1") (list "a.example") 30 $ca -}}
{{ dict "ca" $ca.Cert "cert" $c.Cert "key" $c.Key | toJson }}`,
      null,
      withContext({ seed: 's' }),
    );
    const { ca, cert, key } = JSON.parse(out) as Record<'ca' | 'cert' | 'key', string>;
    const [authority, certificate] = [new X509Certificate(ca), new X509Certificate(cert)];
    expect(authority.ca).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.subjectAltName).toBe('DNS:a.example, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    expect(certificate.subject).toBe('CN=host');
  });

  test.each(['rsa', 'ecdsa', 'ed25519', 'dsa'])('keys of kind %s can be read', (kind) => {
    const pem = text(`{{ genPrivateKey "${kind}" }}`, null, withContext({ seed: 'k' }));
    expect(pem).toMatch(/^-----BEGIN [A-Z ]*PRIVATE KEY-----\n/);
    expect(createPublicKey(createPrivateKey(pem)).asymmetricKeyType).toBe(kind === 'ecdsa' ? 'ec' : kind);
  });
});

test('strings keep bytes that are not UTF-8', () => {
  expect(
    text(
      '{{ $e := "é" }}{{ len (substr 0 1 $e) }} {{ substr 0 1 $e | b64enc }} {{ substr 0 1 $e }}{{ substr 1 2 $e }}',
    ),
  ).toBe('1 ww== é');
});
