import type { Dispatcher } from 'undici';
import { secureContextOptions } from './tls.ts';
import type { BasicCredentials, ProxyCredentials, TlsCredentials } from './types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Connections are shared by all fetches that trust and show the same. Idle ones close by themselves and hold nothing up. */
const dispatchers = new Map<string, Promise<Dispatcher>>();
const VARIABLES = [
  'http_proxy',
  'HTTP_PROXY',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
];

/** The connections for one way to trust, to prove who asks and to get out. */
export function connections(
  timeoutMs: number,
  tls: TlsCredentials | undefined,
  proxy: ProxyCredentials | undefined,
  environment: Environment,
): Promise<Dispatcher> {
  const name = JSON.stringify([timeoutMs, tls, proxy, VARIABLES.map((key) => environment[key])]);
  const before = dispatchers.get(name);
  if (before !== undefined) return before;
  const made = connect(timeoutMs, tls, proxy, environment);
  dispatchers.set(name, made);
  return made;
}

async function connect(
  timeoutMs: number,
  tls: TlsCredentials | undefined,
  proxy: ProxyCredentials | undefined,
  environment: Environment,
): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent, ProxyAgent, Socks5ProxyAgent } = await import('undici');
  const connect = { ...secureContextOptions(tls, environment), timeout: timeoutMs };
  if (proxy === undefined) {
    const [httpProxy = '', httpsProxy = '', noProxy = ''] = ['http_proxy', 'https_proxy', 'no_proxy'].map(
      (name) => environment[name] ?? environment[name.toUpperCase()],
    );
    if (httpProxy === '' && httpsProxy === '') return new Agent({ connect });
    return new EnvHttpProxyAgent({ connect, requestTls: connect, httpProxy, httpsProxy, noProxy });
  }
  const { url, basic } = proxy;
  if (url.startsWith('socks5:')) return new Socks5ProxyAgent(url, { ...basic, proxyTls: connect });
  const token = basic === undefined ? {} : { token: basicHeader(basic) };
  return new ProxyAgent({ uri: url, requestTls: connect, proxyTls: connect, ...token });
}

export const basicHeader = (basic: BasicCredentials): string =>
  `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
