import type { Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import knex, { type Knex } from 'knex';
import { LiberateError } from '../../kit/errors.ts';
import type { TlsConfig } from '../../kit/tls.ts';
import { connectTimeoutMs, cutWhenSilent, hostOf, idleMs, tlsOptions, type UsableConnections } from '../connection.ts';
import { silentLog } from '../native-error.ts';
import type { StateConfig } from '../state-config.ts';
import { lockWaitMs } from '../transaction.ts';

interface Connection {
  readonly connection: { readonly stream: Socket };
  query(text: string, done: (error: Error | null) => void): void;
}

/** Of a URL's parameters; one that would be ignored might be one that the user relies on. */
const parameters: readonly string[] = ['schema', 'host', 'options', 'application_name'];

function checkParameters(url: URL): void {
  for (const name of url.searchParams.keys()) {
    if (parameters.includes(name)) continue;
    throw new LiberateError('LIB103', `the URL of \`state:\` has an unknown parameter "${name}"; known are ${parameters.join(', ')}`);
  }
}

/** The driver sets the server's name to the host by itself, so another name is verified by hand. */
function postgresTls(tls: TlsConfig): ConnectionOptions {
  const { servername } = tls;
  if (servername === null) return tlsOptions(tls);
  return { ...tlsOptions(tls), checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate) };
}

/**
 * Session settings. A holder that was stopped inside a transaction must not keep the row of a lease
 * locked for ever: the server ends it after 30 seconds, which rolls back.
 */
const session = `set lock_timeout = ${lockWaitMs}; set idle_in_transaction_session_timeout = 30000`;

export function connectPostgres(config: StateConfig, usable: UsableConnections): Knex {
  const url = new URL(config.url);
  checkParameters(url);
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const schema = parameter('schema');
  return knex({
    client: 'pg',
    connection: {
      host: parameter('host') ?? hostOf(url),
      port: url.port === '' ? 5432 : Number(url.port),
      ...(url.pathname.length > 1 ? { database: decodeURIComponent(url.pathname.slice(1)) } : {}),
      ...(config.user === null ? {} : { user: config.user }),
      ...(config.password === null ? {} : { password: config.password }),
      ssl: config.tls === null ? false : postgresTls(config.tls),
      options: parameter('options') ?? '',
      application_name: parameter('application_name') ?? 'liberate state',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      // Every value as the server's text: a fence is a bigint.
      types: { getTypeParser: () => (text: string) => text },
    } as Knex.PgConnectionConfig,
    ...(schema === undefined ? {} : { searchPath: [schema] }),
    acquireConnectionTimeout: connectTimeoutMs + lockWaitMs,
    compileSqlOnError: false,
    log: silentLog,
    pool: {
      min: 0,
      max: 2,
      idleTimeoutMillis: idleMs,
      validate: (connection: Connection) => usable.has(connection),
      afterCreate: (connection: Connection, done: (error: Error | null) => void) => {
        usable.add(connection);
        cutWhenSilent(connection.connection.stream);
        connection.query(session, done);
      },
    },
  });
}
