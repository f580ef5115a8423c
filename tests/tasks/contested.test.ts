import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Rig } from '../cluster/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

const kustomization = (name: string, path: string, spec = ''): string =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: ${name}, namespace: flux-system }\nspec:\n  path: ${path}\n  sourceRef: { kind: GitRepository, name: flux-system }\n${spec}`;
const configMap = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: flux-system }\ndata: ${data}\n`;
const readsShared = '  postBuild: { substituteFrom: [{ kind: ConfigMap, name: shared }] }\n';

/** What `apps/result` holds, over runs with different numbers of jobs, cold and warm. */
async function results(): Promise<{ stdout: string[]; stderr: string }> {
  const stdout: string[] = [];
  let stderr = '';
  for (const [jobs, cache] of [
    ['1', 'c1'],
    ['4', 'c2'],
    ['4', 'c2'],
    ['2', 'c2'],
  ] as const) {
    const ran = await rig.run('build', 'ks', 'result', '--path', 'cluster', '--jobs', jobs, '--cache-dir', cache);
    stdout.push(ran.stdout);
    stderr = ran.stderr;
  }
  return { stdout, stderr };
}

describe('an object that two Kustomizations render differently', () => {
  test('is that of the last one by name, in each run, and is told', async () => {
    rig.write('cluster/a.yaml', kustomization('a', './a'));
    rig.write('cluster/b.yaml', kustomization('b', './b'));
    rig.write('cluster/result.yaml', kustomization('result', './result', readsShared));
    rig.write('a/shared.yaml', configMap('shared', '{ V: from-a }'));
    for (let i = 0; i < 40; i++) rig.write(`b/other-${i}.yaml`, configMap(`other-${i}`, '{ a: b }'));
    rig.write('b/shared.yaml', configMap('shared', '{ V: from-b }'));
    rig.write('result/result.yaml', configMap('result', `{ value: "\${V}" }`));
    const { stdout, stderr } = await results();
    expect(stdout[0]).toContain('value: from-b');
    expect(new Set(stdout).size).toBe(1);
    expect(stderr).toContain(
      'ConfigMap/flux-system/shared has other content in Kustomization/flux-system/a than in Kustomization/flux-system/b',
    );
  });

  test('is that of the one that depends on the other, which is applied after it', async () => {
    rig.write('cluster/a.yaml', kustomization('a', './a', '  dependsOn: [{ name: b }]\n'));
    rig.write('cluster/b.yaml', kustomization('b', './b'));
    rig.write('cluster/result.yaml', kustomization('result', './result', readsShared));
    rig.write('a/shared.yaml', configMap('shared', '{ V: from-a }'));
    rig.write('b/shared.yaml', configMap('shared', '{ V: from-b }'));
    rig.write('result/result.yaml', configMap('result', `{ value: "\${V}" }`));
    const { stdout } = await results();
    expect(stdout[0]).toContain('value: from-a');
    expect(new Set(stdout).size).toBe(1);
  });

  test('is rendered once where it is a Kustomization itself', async () => {
    rig.write('cluster/a.yaml', kustomization('a', './a'));
    rig.write('cluster/b.yaml', kustomization('b', './b'));
    rig.write('a/ks.yaml', kustomization('result', './one'));
    rig.write('b/ks.yaml', kustomization('result', './two'));
    rig.write('one/x.yaml', configMap('one', '{ a: b }'));
    rig.write('two/x.yaml', configMap('two', '{ a: b }'));
    const { stdout } = await results();
    expect(stdout[0]).toContain('name: two');
    expect(stdout[0]).not.toContain('name: one');
    expect(new Set(stdout).size).toBe(1);
  });

  test('with the same content is nobody’s to tell', async () => {
    rig.write('cluster/a.yaml', kustomization('a', './a'));
    rig.write('cluster/b.yaml', kustomization('b', './b'));
    rig.write('a/shared.yaml', configMap('shared', '{ V: same }'));
    rig.write('b/shared.yaml', configMap('shared', '{ V: same }'));
    const { stderr } = await rig.run('build', 'ks', '--path', 'cluster');
    expect(stderr).toBe('');
  });
});

describe('a Kustomization that changes itself', () => {
  test('is reconciled again as it has become', async () => {
    const patch = `  patches:\n    - target: { kind: Kustomization }\n      patch: |\n        - { op: add, path: /spec/postBuild, value: { substitute: { WHO: world } } }\n`;
    rig.write('cluster/kustomization.yaml', 'resources: [root.yaml, hello.yaml]\n');
    rig.write('cluster/root.yaml', kustomization('root', './cluster', patch));
    rig.write('cluster/hello.yaml', configMap('hello', `{ text: "hello \${WHO}" }`));
    const { stdout, code } = await rig.run('build', 'ks', 'root', '--path', 'cluster');
    expect(stdout).toContain('text: hello world');
    expect(code).toBe(0);
  });

  test('again and again is told, and ends', async () => {
    rig.write('cluster/kustomization.yaml', 'resources: [root.yaml]\n');
    rig.write(
      'cluster/root.yaml',
      kustomization(
        'root',
        './cluster',
        `  postBuild: { substitute: { N: "1" } }\n  patches:\n    - target: { kind: Kustomization }\n      patch: |\n        - { op: replace, path: /spec/postBuild/substitute/N, value: "x$` +
          `{N}" }\n`,
      ),
    );
    const { stderr } = await rig.run('build', 'ks', 'root', '--path', 'cluster');
    expect(stderr).toContain('again and again');
  });
});

describe('what comes late', () => {
  const maySee = (kind: string): string =>
    `  postBuild: { substitute: { A: a }, substituteFrom: [{ kind: ${kind}, name: late, optional: true }] }\n`;
  const late = '  dependsOn: [{ name: result }]\n';

  test('is seen by those who went on without it, as from the second reconciliation on, cold and warm', async () => {
    rig.write('cluster/result.yaml', kustomization('result', './result', maySee('ConfigMap')));
    rig.write('cluster/late.yaml', kustomization('late', './late', late));
    rig.write('late/late.yaml', configMap('late', '{ V: here }'));
    rig.write('result/result.yaml', configMap('result', `{ value: "\${V:=absent}" }`));
    const { stdout, stderr } = await results();
    expect(stdout[0]).toContain('value: here');
    expect(new Set(stdout).size).toBe(1);
    expect(stderr).toBe('');
  });

  test('counts no more once nothing brings it', async () => {
    rig.write('cluster/result.yaml', kustomization('result', './result', maySee('ConfigMap')));
    rig.write('cluster/late.yaml', kustomization('late', './late', late));
    rig.write('late/late.yaml', configMap('late', '{ V: here }'));
    rig.write('result/result.yaml', configMap('result', `{ value: "\${V:=absent}" }`));
    await results();
    rig.write('late/late.yaml', configMap('other', '{ V: here }'));
    expect((await results()).stdout[0]).toContain('value: absent');
  });

  test('ends, and is told, where it drives away what brings it', async () => {
    rig.write('cluster/result.yaml', kustomization('result', './result', maySee('ConfigMap')));
    rig.write(
      'result/next.yaml',
      kustomization('next', './late', '').replace('kind: Kustomization', `kind: "\${V:=Kustomization}"`),
    );
    rig.write('late/late.yaml', configMap('late', '{ V: Other }'));
    const ran = await rig.run('build', 'all', '--path', 'cluster');
    expect(ran.stderr).toContain('this is one of many states');
  });

  test('counts as there for those who cannot do without, and a warning says that a new cluster has it too late', async () => {
    rig.write(
      'cluster/result.yaml',
      kustomization('result', './result', '  postBuild: { substituteFrom: [{ kind: Secret, name: late }] }\n'),
    );
    rig.write('cluster/late.yaml', kustomization('late', './late', late));
    rig.write(
      'late/late.yaml',
      'apiVersion: v1\nkind: Secret\nmetadata: { name: late, namespace: flux-system }\nstringData: { V: here }\n',
    );
    rig.write('result/result.yaml', configMap('result', `{ value: "\${V:=absent}" }`));
    const { stdout, stderr } = await results();
    expect(stdout[0]).toContain('value: here');
    expect(new Set(stdout).size).toBe(1);
    expect(stderr).toBe(
      'warning: Secret/flux-system/late has to be there before Kustomization/flux-system/late can bring it: here it counts as there, in a new cluster what needs it fails\n',
    );
  });
});
