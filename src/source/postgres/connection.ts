import knex, { type Knex } from 'knex';
import { orAbort, throwIfAborted, within } from '../../kit/abort.ts';
import type { SourceConfig } from '../source-config.ts';
import { clientConfig } from './connection-config.ts';
import { sortError } from './errors.ts';
import { RowTap } from './row-tap.ts';
import { type Connection, type KnexClient, Session, type TextRow } from './session.ts';
import { TappedSocket } from './tapped-socket.ts';

/** Name under which the server sees liberate; horizon.ts knows its sessions by it. */
export const applicationName = 'liberate';

/** Saying goodbye takes an answer, which a network that swallows everything never brings. */
const closeWithinMs = 1_000;

/** The pool, through knex. A session is one connection of it, used by one caller at a time. */
export class Connections implements AsyncDisposable {
  readonly #knex: Knex;
  readonly #secrets: readonly string[];

  constructor(config: SourceConfig) {
    const quiet = (): void => {};
    this.#secrets = config.password === null ? [] : [config.password];
    this.#knex = knex({
      client: 'pg',
      connection: clientConfig(config) as Knex.PgConnectionConfig,
      pool: {
        min: 0,
        max: config.pool,
        afterCreate: (connection: Connection, done: (error: unknown, connection: Connection) => void) => {
          setUp(connection, config).then(
            () => done(null, connection),
            (error: unknown) => {
              // The pool forgets a connection whose set-up failed, and would leave it open.
              connection.end().catch(quiet);
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
    const acquiring = this.#client.acquireConnection();
    try {
      return new Session(await orAbort(acquiring, signal), this.#client, signal, this.#secrets);
    } catch (error) {
      if (!signal.aborted) throw sortError(error, 'connecting', this.#secrets);
      acquiring.then(
        (late) => this.#client.releaseConnection(late),
        () => {},
      );
      throw signal.reason;
    }
  }

  async use<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    await using session = await this.open(signal);
    return await work(session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(closeWithinMs, this.#knex.destroy());
  }
}

/**
 * The order matters: the user's statements may replace what comes before them, never what comes
 * after: marks and values depend on the print form of UTC, ISO and hex.
 */
async function setUp(connection: Connection, config: SourceConfig): Promise<void> {
  await connection.query(
    `SET statement_timeout = ${Math.round(config.statementTimeout)}; SET default_transaction_read_only = on; ` +
      // A read waits in its transaction while the sink is slow, and its plan is for all of its rows.
      'SET idle_in_transaction_session_timeout = 0; SET cursor_tuple_fraction = 1',
  );
  for (const statement of config.session) await connection.query(statement);
  const { rows } = await connection.query<TextRow>({ text: "SELECT current_setting('TimeZone')", rowMode: 'array' });
  connection.liberateTimezone = rows[0]?.[0] ?? 'UTC';
  const { stream } = connection.connection;
  connection.liberateTap = stream instanceof TappedSocket ? stream.tap : RowTap.on(stream);
  await connection.query(
    `SET application_name = '${applicationName}'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; ` +
      "SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 1",
  );
}
