import tls from 'node:tls';
import type { ClientConfig } from 'pg';
import type { TlsConfig } from '../../kit/tls.ts';
import type { SourceConfig } from '../source-config.ts';
import { TappedSocket } from './tapped-socket.ts';

const connectTimeoutMs = 10_000;

/** Every value is left as the server's text. */
export function clientConfig(config: SourceConfig): ClientConfig {
  const url = new URL(config.url);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const options = url.searchParams.get('options');
  const ssl = config.tls === null ? tlsOfMode(url.searchParams.get('sslmode')) : tlsOptions(config.tls);
  return {
    host: host === '' ? 'localhost' : host,
    port: url.port === '' ? 5432 : Number(url.port),
    ...(url.pathname.length > 1 ? { database: decodeURIComponent(url.pathname.slice(1)) } : {}),
    ...(config.user === null ? {} : { user: config.user }),
    ...(config.password === null ? {} : { password: config.password }),
    ...(options === null ? {} : { options }),
    ssl,
    // Under TLS the driver needs the socket's own events.
    ...(ssl === false ? { stream: () => new TappedSocket() } : {}),
    types: { getTypeParser: () => (text: unknown) => text },
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  } as ClientConfig;
}

/** libpq's modes; `prefer` and `allow` do not insist on TLS, so nothing is promised and none is used. */
function tlsOfMode(mode: string | null): boolean | tls.ConnectionOptions {
  if (mode === 'require' || mode === 'no-verify') return { rejectUnauthorized: false };
  return mode === 'verify-ca' || mode === 'verify-full';
}

function tlsOptions(config: TlsConfig): tls.ConnectionOptions {
  const { ca, cert, key, servername } = config;
  return {
    rejectUnauthorized: config.verify,
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    // The driver sets `servername` to the host itself, so the name to verify is given another way.
    ...(servername === null ? {} : { checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(servername, certificate) }),
  };
}
