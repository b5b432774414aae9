import knex, { type Knex } from 'knex';
import { orAbort, throwIfAborted, within } from '../../kit/abort.ts';
import type { PackedRows } from '../../model/packed-rows.ts';
import type { SourceConfig } from '../source-config.ts';
import { clientConfig } from './connection-config.ts';
import { sortError } from './errors.ts';
import { type Connection, isolation, type KnexClient, Session, slowSinkMs } from './session.ts';

const killTimeoutMs = 2_000;

/** Saying goodbye takes an answer, which a network that swallows everything never brings. */
const closeWithinMs = 1_000;

/** The pool, through knex. A session is one connection of it, used by one caller at a time. */
export class Connections implements AsyncDisposable {
  readonly #knex: Knex;
  readonly #config: SourceConfig;
  readonly #secrets: readonly string[];
  readonly #spare: PackedRows[] = [];

  constructor(config: SourceConfig) {
    const quiet = (): void => {};
    this.#config = config;
    this.#secrets = config.password === null ? [] : [config.password];
    this.#knex = knex({
      client: 'mysql2',
      connection: clientConfig(config) as Knex.StaticConnectionConfig,
      pool: {
        min: 0,
        max: config.pool,
        afterCreate: (connection: Connection, done: (error: unknown, connection: Connection) => void) => {
          setUp(connection, config).then(
            () => done(null, connection),
            (error: unknown) => {
              // The pool forgets a connection whose set-up failed, and would leave it open.
              connection.destroy();
              done(sortError(error, 'connected', this.#secrets), connection);
            },
          );
        },
      },
      log: { warn: quiet, error: quiet, debug: quiet, deprecate: quiet },
    });
  }

  get #client(): KnexClient {
    return this.#knex.client as KnexClient;
  }

  async open(signal: AbortSignal): Promise<Session> {
    throwIfAborted(signal);
    const client = this.#client;
    const acquiring = client.acquireConnection();
    try {
      const connection = await orAbort(acquiring, signal);
      const { statementTimeout } = this.#config;
      const kill = (threadId: number): Promise<void> => this.#kill(threadId);
      return new Session(connection, { client, signal, secrets: this.#secrets, statementTimeout, spare: this.#spare, kill });
    } catch (error) {
      if (!signal.aborted) throw sortError(error, 'connecting', this.#secrets);
      acquiring.then(
        (late) => client.releaseConnection(late),
        () => {},
      );
      throw signal.reason;
    }
  }

  async use<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    await using session = await this.open(signal);
    return await work(session);
  }

  /** Outside the pool, which may have no other connection to give. A failure leaves the statement to its own limit. */
  async #kill(threadId: number): Promise<void> {
    const connecting = this.#client.acquireRawConnection();
    try {
      const connection = await orAbort(connecting, AbortSignal.timeout(killTimeoutMs));
      await orAbort(run(connection, `KILL QUERY ${threadId}`), AbortSignal.timeout(killTimeoutMs));
    } catch {
      // The statement had ended, or the server cannot be reached.
    } finally {
      connecting.then(
        (connection) => connection.destroy(),
        () => {},
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(closeWithinMs, this.#knex.destroy());
  }
}

function run(connection: Connection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error: unknown) => (error === null ? resolve() : reject(error)));
  });
}

/**
 * The order matters: the user's statements may replace what comes before them, never what comes
 * after: marks and values depend on the print form of UTC, and the planner's SQL on the sql_mode.
 */
async function setUp(connection: Connection, config: SourceConfig): Promise<void> {
  for (const statement of [...defaults(config), ...config.session, ...fixed]) await run(connection, statement);
}

function defaults({ statementTimeout }: SourceConfig): readonly string[] {
  const ms = Math.round(statementTimeout);
  return [
    // Of the two limits one is a comment to MariaDB, the other to MySQL. GROUP_CONCAT and JSON_ARRAYAGG cut
    // their text at the length given here, with a warning that nobody sees.
    `SET SESSION net_write_timeout = ${slowSinkMs / 1000}, group_concat_max_len = 67108864` +
      ` /*M! , max_statement_time = ${(ms / 1000).toFixed(3)} */ /*!80000 , max_execution_time = ${ms} */`,
  ];
}

/**
 * A page is one SELECT with autocommit: a snapshot of its own that ends with it. REPEATABLE READ makes it
 * one snapshot also for the functions that a query calls.
 * Of the server's sql_mode only ONLY_FULL_GROUP_BY is kept: the others change how a query's text is
 * read (ANSI_QUOTES, NO_BACKSLASH_ESCAPES) or refuse the zero dates that a mark may hold.
 */
const fixed: readonly string[] = [
  'SET NAMES utf8mb4',
  "SET SESSION time_zone = '+00:00', autocommit = 1, sql_select_limit = 18446744073709551615," +
    " sql_mode = IF(FIND_IN_SET('ONLY_FULL_GROUP_BY', @@SESSION.sql_mode) > 0, 'ONLY_FULL_GROUP_BY', '')",
  isolation,
];
