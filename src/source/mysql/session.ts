import type { Connection as Driver, FieldPacket } from 'mysql2';
import { throwIfAborted } from '../../kit/abort.ts';
import { formatDuration } from '../../kit/duration.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { FieldForm, PackedRows } from '../../model/packed-rows.ts';
import { sortError } from './errors.ts';
import { type Chunk, ResultStream } from './result-stream.ts';

/** What knex's types leave open of the connection and of its own client, and what mysql2's own do. */
export type Connection = Driver & {
  __knex__disposed?: unknown;
  readonly stream: { readonly destroyed: boolean; destroy(): void };
};
export interface KnexClient {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
  /** Opens a connection outside the pool. */
  acquireRawConnection(): Promise<Connection>;
}

/** Every field is the server's text. */
export type TextRow = (string | null)[];

export interface Result {
  readonly fields: readonly FieldPacket[];
  readonly rows: TextRow[];
}

export interface SessionContext {
  readonly client: KnexClient;
  readonly signal: AbortSignal;
  readonly secrets: readonly string[];
  /** Milliseconds that the server may work on one statement; 0: no limit. */
  readonly statementTimeout: number;
  /** Empty chunks, for whichever statement comes next. */
  readonly spare: PackedRows[];
  /** Ends the statement that runs under that thread id. */
  readonly kill: (threadId: number) => Promise<void>;
}

/** How long the server may take to notice its own limit of a statement before we do. */
const graceMs = 5_000;
/** How long a slow sink may keep the rows of one statement waiting, all in all, before the server gives it up. */
export const slowSinkMs = 600_000;

/** What every session reads at. */
export const isolation = 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY';

const longestTimer = 2 ** 31 - 1;

/**
 * A connection of the pool in the hands of one caller. A statement that is left before its end (an abort, a
 * consumer that stops) costs the connection: the rest of its rows would have to be read first.
 */
export class Session implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #context: SessionContext;

  constructor(connection: Connection, context: SessionContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /** A small result, whole. */
  async query(sql: string): Promise<Result> {
    const { statementTimeout } = this.#context;
    const rows: TextRow[] = [];
    let fields: readonly FieldPacket[] = [];
    const told = (found: readonly FieldPacket[]): void => {
      fields = found;
    };
    const limit = statementTimeout === 0 ? 0 : statementTimeout + graceMs;
    for await (const chunk of this.#run(sql, [], limit, told)) rows.push(...textRows(chunk.rows));
    return { fields, rows };
  }

  /**
   * A SELECT of any size. The server's own clock of a statement runs on while the consumer is slow
   * (MariaDB and MySQL count until the last row is sent), so here the limit is kept on this side,
   * where the waiting for the server can be told from the waiting for the sink; the server's is only
   * a backstop for the case that this process is gone.
   */
  select(sql: string, forms: readonly FieldForm[]): AsyncGenerator<Chunk, void, void> {
    return this.#run(this.bounded(sql), forms, this.#context.statementTimeout);
  }

  /**
   * The same rows, those of open transactions among them. The level is set for the next transaction alone; but a statement that fails, or is
   * never sent, may leave it set for the one after it, so it is always set back, or the connection is given up.
   */
  async *uncommitted<T>(rows: AsyncIterable<T>): AsyncGenerator<T, void, void> {
    try {
      await this.query('SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED, READ ONLY');
      yield* rows;
    } finally {
      await this.#setBack();
    }
  }

  async #setBack(): Promise<void> {
    if (this.#connection.stream.destroyed) return;
    try {
      await this.query(isolation);
    } catch {
      // Also where the signal forbids to ask. What went wrong before is what the caller is told.
      await this.#abandon();
    }
  }

  /** The statement as `select` sends it. */
  bounded(sql: string): string {
    const { statementTimeout } = this.#context;
    if (statementTimeout === 0) return sql;
    const ms = Math.round(statementTimeout + slowSinkMs);
    return sql.replace(
      /^SELECT /,
      `/*M! SET STATEMENT max_statement_time=${(ms / 1000).toFixed(3)} FOR */ SELECT /*+ MAX_EXECUTION_TIME(${ms}) */ `,
    );
  }

  async *#run(
    sql: string,
    forms: readonly FieldForm[],
    limitMs: number,
    told: (fields: readonly FieldPacket[]) => void = () => {},
  ): AsyncGenerator<Chunk, void, void> {
    const { signal, secrets, spare } = this.#context;
    throwIfAborted(signal);
    const stream = new ResultStream(this.#connection, sql, forms, spare);
    const stop = (): void => stream.fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const next = waiting(stream, limitMs);
      for (;;) {
        throwIfAborted(signal);
        const chunk = await next();
        told(stream.fields);
        yield chunk;
        if (!chunk.end) continue;
        stream.leave();
        return;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw sortError(error, 'connected', secrets);
    } finally {
      signal.removeEventListener('abort', stop);
      stream.close();
      if (!stream.over) await this.#abandon();
    }
  }

  async #abandon(): Promise<void> {
    const connection = this.#connection;
    // knex drops a connection that is marked so instead of handing it out again.
    connection.__knex__disposed ??= 'left before the end of its result';
    if (connection.stream.destroyed) return;
    connection.destroy();
    connection.stream.destroy();
    // A server that sorts notices a closed socket only when it has something to send.
    await this.#context.kill(connection.threadId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.client.releaseConnection(this.#connection);
  }
}

function textRows(rows: PackedRows): TextRow[] {
  return Array.from({ length: rows.count }, (_, row) => Array.from({ length: rows.width }, (__, field) => rows.text(row, field)));
}

/** `next` of the stream, which fails once it has waited for the server longer than the limit in all. */
function waiting(stream: ResultStream, limitMs: number): () => Promise<Chunk> {
  if (limitMs === 0) return () => stream.next();
  let left = limitMs;
  return async () => {
    const from = performance.now();
    const late = (): void =>
      stream.fail(new LiberateError('LIB209', `the server worked longer than ${formatDuration(limitMs)} on one statement`));
    const timer = setTimeout(late, Math.min(Math.max(left, 0), longestTimer));
    try {
      return await stream.next();
    } finally {
      clearTimeout(timer);
      left -= performance.now() - from;
    }
  };
}
