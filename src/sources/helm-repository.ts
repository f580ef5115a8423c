import type { HelmRepositorySpec } from './helm-spec.ts';
import { basicHeader } from './http-connections.ts';
import { showUrl } from './trouble.ts';
import type { HelmCredentials } from './types.ts';

/** The address in one spelling, without credentials: what caches and names go by. */
export const repositoryUrl = ({ url }: HelmRepositorySpec): string => showUrl(url).replace(/\/+$/, '');

/** User and password go to the repository's own scheme, host and port; to others only with `passCredentials`. */
export function authorizer(repository: HelmRepositorySpec, { basic }: HelmCredentials) {
  const own = new URL(repository.url);
  const inUrl =
    own.username === ''
      ? undefined
      : { username: decodeURIComponent(own.username), password: decodeURIComponent(own.password) };
  const used = basic ?? inUrl;
  const headers: Readonly<Record<string, string>> = used === undefined ? {} : { authorization: basicHeader(used) };
  return (url: URL, first: URL): Readonly<Record<string, string>> => {
    if (url.protocol === own.protocol && url.host === own.host) return headers;
    return repository.passCredentials && url.host === first.host && url.protocol === first.protocol ? headers : {};
  };
}
