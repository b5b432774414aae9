import type { Duplex } from 'node:stream';
import type { Client, FieldDef } from 'pg';
import { throwIfAborted } from '../../kit/abort.ts';
import type { PackedRows } from '../../model/packed-rows.ts';
import { sortError } from './errors.ts';
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
  readonly connection: { readonly stream: Duplex };
};

export interface KnexClient {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
  /** Opens a connection outside the pool and runs pg_cancel_backend on it. */
  cancelQuery(connection: Connection): Promise<unknown>;
}

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

  readonly query: Query = async (text, values = []) => {
    throwIfAborted(this.#signal);
    const running = this.#connection.query<TextRow>({ text, values: [...values], rowMode: 'array' });
    this.#running = running;
    const stop = (): void => this.#cancel();
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
  };

  /** A statement whose rows are packed as they come, instead of those that were there before. */
  async rows(text: string, into: PackedRows): Promise<PackedRows> {
    const tap = this.#connection.liberateTap;
    into.clear();
    tap?.collect(into);
    try {
      await this.query(text);
      return into;
    } finally {
      tap?.collect(null);
    }
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
