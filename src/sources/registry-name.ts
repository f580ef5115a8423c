import { registryHost } from './docker-auths.ts';
import { trouble } from './trouble.ts';

/** A repository of a registry: `oci://host/name` taken apart as go-containerregistry does. */
export interface RegistryName {
  /** With a port where the URL has one. */
  readonly host: string;
  readonly name: string;
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

export function parseRegistryUrl(url: string): RegistryName {
  const rest = url.replace(/^oci:\/\//, '').replace(/\/+$/, '');
  const slash = rest.indexOf('/');
  const first = slash < 0 ? '' : rest.slice(0, slash);
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const host = isHost ? first : 'index.docker.io';
  let name = isHost ? rest.slice(slash + 1) : rest;
  const tag = /[:@]/.exec(name);
  if (tag !== null)
    throw trouble('invalid-object', `URL must not contain a tag; remove '${name.slice(tag.index)}' from ${url}`);
  if (registryHost(host) === 'registry-1.docker.io' && !name.includes('/')) name = `library/${name}`;
  if (name === '' || !name.split('/').every((part) => COMPONENT.test(part)))
    throw trouble('invalid-object', `${url} is no repository: URL must be in format 'oci://<domain>/<org>/<repo>'`);
  return { host: registryHost(host), name };
}

/** Whether a host may speak plain HTTP unasked. @see go-containerregistry pkg/name/registry.go, Scheme */
export function isLocal(host: string): boolean {
  return (
    /^localhost(?::|$)/.test(host) ||
    /^127(?:\.[0-9]+){3}(?::|$)/.test(host) ||
    /^\[::1\](?::|$)/.test(host) ||
    /\.local(?:host)?(?::[0-9]{1,5})?$/.test(host) ||
    /^(?:10(?:\.[0-9]+){3}|192\.168(?:\.[0-9]+){2}|172\.(?:1[6-9]|2[0-9]|3[01])(?:\.[0-9]+){2})(?::|$)/.test(host)
  );
}
