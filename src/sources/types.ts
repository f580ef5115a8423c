import type { Warning } from '../core/warning.ts';

/**
 * Where revisions are kept: a directory handed in, made on first use. Entries appear by a rename once they are complete, so
 * that a killed run leaves nothing half-done and two processes can share it.
 */
export interface SourceCache {
  /** Absolute. */
  readonly directory: string;
}

/** How a fetch goes about it. All but `directory`-like settings have defaults that suit a person's machine. */
export interface SourceOptions {
  /** Asks no network: what is not in the cache fails with `offline`. */
  readonly offline?: boolean;
  /**
   * Lets the user's own credentials be used where the object names none: `~/.docker/config.json` and its helpers, git's
   * credential helpers, the ssh agent. On by default; an object's own Secret always wins.
   */
  readonly ambientCredentials?: boolean;
  /** A docker `config.json` in place of `~/.docker/config.json` (and `DOCKER_CONFIG`). */
  readonly dockerConfig?: string;
  /** Absolute path below which `file://` repositories may be read. None may where it is absent. */
  readonly workspace?: string;
  /** Revisions that a lock file pins: the name of a reference to its revision. */
  readonly lock?: ReadonlyMap<string, string>;
  readonly retry?: RetryOptions;
  /** Hears what did not stop the fetch but should be known (a signature that was not verified). */
  readonly warn?: (warning: string | Warning) => void;
  readonly signal?: AbortSignal;
  /** In place of the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface RetryOptions {
  /** Tries in all; 1 never tries again. 4 by default. */
  readonly attempts?: number;
  /** The first wait; doubles each time. Milliseconds, 300 by default. */
  readonly minWaitMs?: number;
  /** The longest wait, also of a server's `Retry-After`. Milliseconds, 20 000 by default. */
  readonly maxWaitMs?: number;
}

/** A directory of files, complete and never changed. */
export interface FetchedTree {
  readonly type: 'tree';
  /** Absolute. */
  readonly path: string;
  /** As in Flux's status: `main@sha1:…`, `1.2.3@sha256:…`, `sha256:…`. */
  readonly revision: string;
  /** Annotations of an OCI manifest. */
  readonly annotations: ReadonlyMap<string, string>;
}

/** One file (a packaged chart, a copied layer), complete and never changed. */
export interface FetchedFile {
  readonly type: 'file';
  readonly path: string;
  readonly revision: string;
  readonly annotations: ReadonlyMap<string, string>;
}

/** Data of a Secret or ConfigMap. */
export type SecretData = ReadonlyMap<string, Uint8Array>;

/** PEM texts. A CA is trusted besides those of the system. */
export interface TlsCredentials {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Take any certificate of the server: only where a person asks for it. */
  readonly unverified?: boolean;
}

export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** `http://`, `https://` or `socks5://` and no user in `url`. */
export interface ProxyCredentials {
  readonly url: string;
  readonly basic?: BasicCredentials;
}

export interface GitCredentials {
  readonly basic?: BasicCredentials;
  readonly bearerToken?: string;
  /** A private key as OpenSSH or PEM text. */
  readonly identity?: string;
  readonly identityPassword?: string;
  readonly knownHosts?: string;
  readonly tls?: TlsCredentials;
  readonly proxy?: ProxyCredentials;
  readonly githubApp?: GithubAppCredentials;
  /** Public keys of `verify.secretRef`: file name (`.asc`, `.sshpub`) to text. */
  readonly trustedKeys?: ReadonlyMap<string, string>;
}

export interface GithubAppCredentials {
  readonly appId: string;
  readonly installationId?: string;
  readonly installationOwner?: string;
  readonly privateKey: string;
  readonly baseUrl?: string;
}

export interface OciCredentials {
  /** Registry host (and port) to user and password. */
  readonly registries?: ReadonlyMap<string, BasicCredentials>;
  /** Set where a Secret was given: then the user's own docker credentials are left alone. */
  readonly exclusive?: boolean;
  readonly tls?: TlsCredentials;
  readonly proxy?: ProxyCredentials;
  /** Public keys of `verify.secretRef`: file name (`.pub`) to PEM text. */
  readonly trustedKeys?: ReadonlyMap<string, string>;
}

export interface HelmCredentials {
  /** For the repository's own host; for others only with `passCredentials`. */
  readonly basic?: BasicCredentials;
  /** For repositories of `type: oci`. */
  readonly registries?: ReadonlyMap<string, BasicCredentials>;
  readonly exclusive?: boolean;
  readonly tls?: TlsCredentials;
  readonly trustedKeys?: ReadonlyMap<string, string>;
}

export interface BucketCredentials {
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly sessionToken?: string;
  readonly tls?: TlsCredentials;
  readonly proxy?: ProxyCredentials;
}
