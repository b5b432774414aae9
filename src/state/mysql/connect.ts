import { connect, type Socket } from 'node:net';
import knex, { type Knex } from 'knex';
import { LiberateError } from '../../kit/errors.ts';
import type { TlsConfig } from '../../kit/tls.ts';
import { connectTimeoutMs, cutWhenSilent, hostOf, idleMs, tlsOptions, type UsableConnections } from '../connection.ts';
import { silentLog } from '../native-error.ts';
import type { StateConfig } from '../state-config.ts';
import { lockWaitMs } from '../transaction.ts';

interface Connection {
  readonly stream: Socket;
  query(text: string, done: (error: Error | null) => void): void;
}

/**
 * Session settings. UTC: in a zone with summer time UNIX_TIMESTAMP(NOW()) is ambiguous for an hour each year, and leases would end early.
 * Strict: nothing is cut to fit. A holder that was stopped inside a transaction is ended after a minute,
 * which frees the row of its lease.
 */
const session =
  `set session time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', ` +
  `innodb_lock_wait_timeout = ${lockWaitMs / 1000}, lock_wait_timeout = ${lockWaitMs / 1000}, wait_timeout = 60`;

function addressOf(url: URL, tls: TlsConfig | null): object {
  const socketPath = url.searchParams.get('socketPath');
  if (socketPath !== null) return { socketPath };
  const host = hostOf(url);
  const port = url.port === '' ? 3306 : Number(url.port);
  if (tls === null || tls.servername === null) return { host, port };
  // The driver verifies the name in `host` and no other, so the socket is connected here.
  return { host: tls.servername, port, stream: () => connect({ host, port, noDelay: true }) };
}

function checkUrl(url: URL): void {
  const [unknown] = [...url.searchParams.keys()].filter((name) => name !== 'socketPath');
  if (unknown !== undefined) {
    throw new LiberateError('LIB103', `the URL of \`state:\` has an unknown parameter "${unknown}"; known is socketPath`);
  }
  if (url.pathname.length < 2) throw new LiberateError('LIB103', 'the URL of `state:` names no database');
}

export function connectMysql(config: StateConfig, usable: UsableConnections): Knex {
  const url = new URL(config.url);
  checkUrl(url);
  const connection = {
    ...addressOf(url, config.tls),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(config.user === null ? {} : { user: config.user }),
    ...(config.password === null ? {} : { password: config.password }),
    // mysql2 does not compare the certificate's name unless it is told to.
    ...(config.tls === null ? {} : { ssl: { ...tlsOptions(config.tls), verifyIdentity: config.tls.verify } }),
    charset: 'utf8mb4',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    connectTimeout: connectTimeoutMs,
  };
  return knex({
    client: 'mysql2',
    // Knex's type lacks verifyIdentity, which the driver has.
    connection: connection as Knex.MySql2ConnectionConfig,
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
        cutWhenSilent(connection.stream);
        connection.query(session, done);
      },
    },
  });
}
