import net from 'node:net';
import type { ConnectionOptions, SslOptions } from 'mysql2';
import type { TlsConfig } from '../../kit/tls.ts';
import type { SourceConfig } from '../source-config.ts';
import { PacketSocket } from './packet-socket.ts';

const connectTimeoutMs = 10_000;
const keepAliveMs = 10_000;

/** `?socketPath=/run/mysqld/mysqld.sock` takes the place of host and port. */
export function clientConfig(config: SourceConfig): ConnectionOptions {
  const url = new URL(config.url);
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    ...address(url, config.tls),
    ...(database === '' ? {} : { database }),
    ...(config.user === null ? {} : { user: config.user }),
    ...(config.password === null ? {} : { password: config.password }),
    ...(config.tls === null ? {} : { ssl: tlsOptions(config.tls) }),
    charset: 'utf8mb4',
    // Every statement has a hook that takes values as the server's text; these stand behind it.
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    timezone: 'Z',
    multipleStatements: false,
    connectTimeout: connectTimeoutMs,
    enableKeepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  };
}

function address(url: URL, tls: TlsConfig | null): ConnectionOptions {
  const socketPath = url.searchParams.get('socketPath');
  if (socketPath !== null) return tls === null ? { socketPath, stream: () => tapped({ path: socketPath }) } : { socketPath };
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost';
  const port = url.port === '' ? 3306 : Number(url.port);
  if (tls === null) return { host, port, stream: () => tapped({ host, port }) };
  if (tls.servername === null) return { host, port };
  // The driver verifies the name in `host` and no other, so the socket is connected here.
  const stream = (): net.Socket => net.connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
  return { host: tls.servername, port, stream };
}

function tapped(to: net.NetConnectOpts): net.Socket {
  return new PacketSocket().setNoDelay(true).setKeepAlive(true, keepAliveMs).connect(to);
}

function tlsOptions({ ca, cert, key, verify }: TlsConfig): SslOptions {
  return {
    rejectUnauthorized: verify,
    // Without it mysql2 trusts a certificate of any host whose CA is trusted.
    verifyIdentity: verify,
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  };
}
