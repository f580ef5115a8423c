import { readFileSync } from 'node:fs';
import { canonicalJson } from '../core/digest.ts';
import { ok, type Result } from '../core/result.ts';
import type { RemoteAnswer, RemoteRequest } from '../engines/kustomize/index.ts';
import type { Json, TaskContext, TaskKind } from '../graph/task.ts';
import { defineKind } from './define-kind.ts';
import { lockKey, resolveLocked } from './lock.ts';
import type { TaskPorts } from './ports.ts';

export type RemoteOutput = {
  /** What `OpenSource.fetch` takes. */
  readonly pinned: string;
  /** The name of the reference that it answers. */
  readonly reference: string;
};

export const remoteKey = (request: RemoteRequest): string => canonicalJson(request);

/** Fetches a base or a file that a kustomization names on another host. */
export function remoteKind(ports: TaskPorts): TaskKind<RemoteRequest, RemoteOutput & Json> {
  return defineKind({
    name: 'fetch-remote',
    version: 1,
    id: (request) => `fetch:${request.url}`,
    declare: (request) => ({ ...request, ...lockKey(ports) }),
    async run(context, request) {
      const source = await ports.sources.openRemote(request);
      if (!source.ok) return source;
      const pinned = await resolveLocked(context, ports, source.value);
      if (!pinned.ok) return pinned;
      const fetched = await source.value.fetch(pinned.value, context.signal);
      if (!fetched.ok) return fetched;
      context.keeps(fetched.value.file ?? fetched.value.path);
      return ok({ pinned: pinned.value, reference: source.value.lockName ?? source.value.reference.name });
    },
  });
}

/** What the build gets for a request; a failure becomes the build's own, in kustomize's words. */
export async function remoteAnswer(
  context: TaskContext,
  ports: TaskPorts,
  request: RemoteRequest,
  output: Result<RemoteOutput>,
): Promise<RemoteAnswer> {
  if (!output.ok) return { kind: 'failed', message: output.error.message };
  const source = await ports.sources.openRemote(request);
  if (!source.ok) return { kind: 'failed', message: source.error.message };
  const fetched = await source.value.fetch(output.value.pinned, context.signal);
  if (!fetched.ok) return { kind: 'failed', message: fetched.error.message };
  if (fetched.value.file !== undefined) return { kind: 'http', status: 200, body: readFileSync(fetched.value.file) };
  return { kind: 'git', fs: context.files({ type: 'immutable', path: fetched.value.path }) };
}
