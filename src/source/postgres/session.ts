import type { Duplex } from 'node:stream';
import type { Client, FieldDef, QueryArrayConfig } from 'pg';
import { throwIfAborted } from '../../kit/abort.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { PackedRows } from '../../model/packed-rows.ts';
import { sortError } from './errors.ts';
import { Exchange, type PreparedNames, type Question } from './exchange.ts';
import type { RowTap } from './row-tap.ts';

/** Every field is the server's text. */
export type TextRow = (string | null)[];

export interface Result {
  readonly fields: readonly FieldDef[];
  readonly rows: TextRow[];
}

export type Query = (text: string, values?: readonly string[]) => Promise<Result>;

/** What knex's types leave open of the connection and of its own client, and what node-postgres' own do. */
export type Connection = Client & {
  __knex__disposed?: unknown;
  liberateTimezone?: string;
  liberateTap?: RowTap;
  /** Of the statements that are prepared on it, by their text; null: not to be prepared again. */
  liberateNames?: Map<string, string | null>;
  liberateTogether?: PreparedNames;
  readonly connection: { readonly stream: Duplex };
};

export interface KnexClient {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
  /** Opens a connection outside the pool and runs pg_cancel_backend on it. */
  cancelQuery(connection: Connection): Promise<unknown>;
}

/** Statements that are kept prepared on a connection: each costs the server some kilobytes. */
const mostPrepared = 200;

/** SQLSTATE feature_not_supported: `cached plan must not change result type`. */
const planOutdated = '0A000';

/** A cancelled statement that has not ended by then is left behind with its connection. */
const cancelTimeoutMs = 2_000;

/**
 * An abort cancels what runs on the server and rejects with the signal's reason; so does leaving
 * while a statement runs. A connection that was cancelled is not used again: the cancel might
 * arrive late and hit the next caller's statement.
 */
export class Session implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #client: KnexClient;
  readonly #signal: AbortSignal;
  readonly #secrets: readonly string[];
  #running: Promise<unknown> | null = null;
  #spoiled = false;

  constructor(connection: Connection, client: KnexClient, signal: AbortSignal, secrets: readonly string[]) {
    this.#connection = connection;
    this.#client = client;
    this.#signal = signal;
    this.#secrets = secrets;
  }

  /** The server's TimeZone for this user and database, before liberate set its own. */
  get timezone(): string {
    return this.#connection.liberateTimezone ?? 'UTC';
  }

  throwIfAborted(): void {
    throwIfAborted(this.#signal);
  }

  readonly query: Query = (text, values = []) => this.#query({ text, values: [...values], rowMode: 'array' });

  #query(config: QueryArrayConfig): Promise<Result> {
    throwIfAborted(this.#signal);
    return this.#watched(this.#connection.query<TextRow>(config), () => this.#cancel());
  }

  /** Statements in one round trip, each in a transaction of its own. An abort costs the connection, with what it has not answered. */
  async exchange(questions: readonly Question[]): Promise<void> {
    throwIfAborted(this.#signal);
    const connection = this.#connection;
    const { liberateTap: tap } = connection;
    if (tap === undefined) throw new LiberateError('LIB901', 'a connection that was not set up');
    connection.liberateTogether ??= new Map();
    const names = connection.liberateTogether;
    const answers = new Promise<void>((resolve, reject) => {
      connection.query(new Exchange(questions, tap, names, (error) => (error === null ? resolve() : reject(error))));
    });
    await this.#watched(answers, () => {
      this.#cancel();
      // The statements behind the one that is cancelled are not to be run.
      connection.connection.stream.destroy();
    });
  }

  /** What runs on the connection: `stop` ends it when the signal aborts. */
  async #watched<T>(running: Promise<T>, stop: () => void): Promise<T> {
    this.#running = running;
    this.#signal.addEventListener('abort', stop, { once: true });
    try {
      return await running;
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      throw sortError(error, 'connected', this.#secrets);
    } finally {
      this.#signal.removeEventListener('abort', stop);
      if (this.#running === running) this.#running = null;
    }
  }

  /** A statement whose rows are packed as they come, instead of those that were there before. */
  async rows(text: string, values: readonly string[], into: PackedRows): Promise<PackedRows> {
    const tap = this.#connection.liberateTap;
    into.clear();
    tap?.collect(into);
    try {
      // A statement with binds comes again with others.
      if (values.length === 0) await this.query(text);
      else await this.repeated(text, values, () => into.clear());
      return into;
    } finally {
      tap?.collect(null);
    }
  }

  /** A statement that comes again: the server is spared its parsing and, after a few times, its planning. */
  async repeated(text: string, values: readonly string[], anew: () => void = () => {}): Promise<Result> {
    const config: QueryArrayConfig = { text, values: [...values], rowMode: 'array' };
    const prepared = this.#prepared(text);
    return this.#query({ ...config, ...prepared }).catch((error: unknown) => {
      if (prepared.name === undefined || nativeCode(error) !== planOutdated) throw error;
      // A column has another type since it was prepared.
      this.#connection.liberateNames?.set(text, null);
      anew();
      return this.#query(config);
    });
  }

  #prepared(text: string): { readonly name?: string } {
    this.#connection.liberateNames ??= new Map();
    const names = this.#connection.liberateNames;
    const known = names.get(text);
    if (known !== undefined) return known === null ? {} : { name: known };
    if (names.size >= mostPrepared) return {};
    const name = `liberate_${names.size}`;
    names.set(text, name);
    return { name };
  }

  /** Ends the transaction that a read is in, unless the connection is given up anyway. */
  async rollback(): Promise<void> {
    if (this.#running !== null) this.#cancel();
    if (this.#spoiled) return;
    try {
      await this.#connection.query('ROLLBACK');
    } catch {
      this.#spoiled = true;
    }
  }

  #cancel(): void {
    if (this.#spoiled) return;
    this.#spoiled = true;
    const giveUp = (): void => {
      this.#connection.connection.stream.destroy();
    };
    const timer = setTimeout(giveUp, cancelTimeoutMs);
    const settled = (): void => clearTimeout(timer);
    this.#running?.then(settled, settled);
    this.#client.cancelQuery(this.#connection).catch(giveUp);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running !== null) {
      this.#cancel();
      await this.#running.catch(() => {});
    }
    // knex drops a connection that is marked so instead of handing it out again.
    if (this.#spoiled) {
      this.#connection.__knex__disposed ??= 'cancelled';
      this.#connection.end().catch(() => {});
    }
    await this.#client.releaseConnection(this.#connection);
  }
}

/** The server's own code behind a sorted error. */
function nativeCode(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && 'code' in cause ? cause.code : null;
}
