import { describe, expect, test } from 'vitest';
import { fromPlain, type YamlMap } from '../../src/core/value.ts';
import { Store, type StoreEvent } from '../../src/store/index.ts';

const id = (name: string, kind = 'Kustomization') => ({
  group: kind === 'Kustomization' ? 'kustomize.toolkit.fluxcd.io' : 'helm.toolkit.fluxcd.io',
  version: 'v1',
  kind,
  namespace: 'flux-system',
  name,
});
const object = (name: string): YamlMap => fromPlain({ metadata: { name } }) as YamlMap;

describe('the store', () => {
  test('tells of each change, in order', () => {
    const store = new Store();
    const events: StoreEvent[] = [];
    const stop = store.subscribe((event) => events.push(event));
    store.put(id('a'), object('a'), {});
    store.setStatus(id('a'), { phase: 'Building' });
    store.addArtifact(id('a'), { kind: 'manifests', digest: 'd' });
    stop();
    store.setStatus(id('a'), { phase: 'Ready' });
    expect(events.map(({ type }) => type)).toEqual(['added', 'status', 'artifact']);
    expect(store.get(id('a'))).toMatchObject({ status: { phase: 'Ready' }, artifacts: [{ digest: 'd' }] });
  });

  test('starts a replaced object anew, and leaves an equal one alone', () => {
    const store = new Store();
    const first = object('a');
    store.put(id('a'), first, {});
    store.setStatus(id('a'), { phase: 'Ready' });
    store.put(id('a'), first, {});
    expect(store.get(id('a'))?.status.phase).toBe('Ready');
    store.put(id('a'), object('a'), {});
    expect(store.get(id('a'))?.status.phase).toBe('Pending');
  });

  test('lists by namespace and name, all or one kind', () => {
    const store = new Store();
    for (const name of ['b', 'a']) store.put(id(name), object(name), {});
    store.put(id('c', 'HelmRelease'), object('c'), {});
    expect(store.list().map((one) => one.id.name)).toEqual(['a', 'b', 'c']);
    expect(store.list('HelmRelease').map((one) => one.id.name)).toEqual(['c']);
  });

  test('tells who waits for an object how it ended, before and after it is known', async () => {
    const store = new Store();
    const waiting = store.whenReady(id('a'));
    store.put(id('a'), object('a'), {});
    store.setStatus(id('a'), { phase: 'Building' });
    store.setStatus(id('a'), { phase: 'Failed', failure: { reason: 'build-failed', message: 'no' } });
    expect((await waiting).status.phase).toBe('Failed');
    expect((await store.whenReady(id('a'))).status.phase).toBe('Failed');
  });

  test('goes on when a listener throws', () => {
    const store = new Store();
    store.subscribe(() => {
      throw new Error('no');
    });
    store.put(id('a'), object('a'), {});
    expect(store.list()).toHaveLength(1);
  });

  test('refuses a status for what it does not hold', () => {
    expect(() => new Store().setStatus(id('a'), { phase: 'Ready' })).toThrow('the store has no');
  });
});
