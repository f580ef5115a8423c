import { createSign } from 'node:crypto';
import { HttpClient } from './http.ts';
import { trouble, worldTrouble } from './trouble.ts';
import type {
  BasicCredentials,
  GithubAppCredentials,
  ProxyCredentials,
  SourceOptions,
  TlsCredentials,
} from './types.ts';

const MAX_BYTES = 1024 * 1024;

/** A GitHub App's installation token, as user and password for git. @see fluxcd/pkg auth/githubapp */
export async function githubAppToken(
  app: GithubAppCredentials,
  timeoutMs: number,
  tls: TlsCredentials | undefined,
  proxy: ProxyCredentials | undefined,
  options: SourceOptions,
): Promise<BasicCredentials> {
  const client = new HttpClient(options, timeoutMs, tls, proxy);
  const base = app.baseUrl ?? 'https://api.github.com';
  const authorization = `Bearer ${signedToken(app)}`;
  const ask = async (path: string, method: 'GET' | 'POST'): Promise<Record<string, unknown>> => {
    const url = new URL(`${base.replace(/\/+$/, '')}${path}`);
    const reply = await client.get(url, {
      method,
      ...(method === 'POST' ? { body: '' } : {}),
      headers: { accept: 'application/vnd.github+json' },
      maxBytes: MAX_BYTES,
      authorize: (at, first): Record<string, string> => (at.host === first.host ? { authorization } : {}),
    });
    return JSON.parse(reply.body.toString('utf8')) as Record<string, unknown>;
  };
  const owner = encodeURIComponent(app.installationOwner ?? '');
  const id = app.installationId ?? String((await ask(`/users/${owner}/installation`, 'GET')).id);
  const { token } = await ask(`/app/installations/${encodeURIComponent(id)}/access_tokens`, 'POST');
  if (typeof token !== 'string') throw worldTrouble('authentication-failed', 'GitHub gave no installation token');
  return { username: 'x-access-token', password: token };
}

function signedToken(app: GithubAppCredentials): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now - 60, exp: now + 540, iss: app.appId })}`;
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(app.privateKey).toString('base64url')}`;
  } catch {
    throw trouble('authentication-failed', 'githubAppPrivateKey holds no readable private key');
  }
}
