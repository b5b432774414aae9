import type { FieldPacket, TypeCastField } from 'mysql2';
import type { Connection } from './session.ts';

/** A field as it comes from the server: text, or the bytes of a binary column. */
export type Field = string | Buffer;
export type FieldRow = (Field | null)[];

/** How the fields of a result are read, by their place in the row; what has no entry is text. */
export type ReadAs = readonly ('text' | 'bytes')[];

export interface Chunk {
  readonly rows: FieldRow[];
  /** The result ends with these rows. */
  readonly end: boolean;
}

type State = { readonly kind: 'running' | 'ended' } | { readonly kind: 'failed'; readonly error: unknown };

const chunkRows = 500;
const chunkBytes = 1 << 20;
/** Chunks that may lie ready while the consumer works on another. */
const ready = 2;

/**
 * One statement's result, read from the socket no faster than `next` is called: while enough chunks lie
 * ready the connection is paused, so what is held is two chunks and what one read of the socket brought.
 * The driver's own row stream would do the same with a promise for every row.
 */
export class ResultStream {
  readonly #connection: Connection;
  readonly #readAs: ReadAs;
  #chunks: FieldRow[][] = [];
  #open: FieldRow[] = [];
  #openBytes = 0;
  #place = 0;
  #fields: readonly FieldPacket[] = [];
  #state: State = { kind: 'running' };
  #over = false;
  #wake: (() => void) | null = null;
  readonly #lost = (error: unknown): void => this.fail(error);

  constructor(connection: Connection, sql: string, readAs: ReadAs) {
    this.#connection = connection;
    this.#readAs = readAs;
    // A lost connection is told to the connection, not to its statement; one lost before, at once.
    connection.on('error', this.#lost);
    const typeCast = (field: TypeCastField): Field | null => this.#read(field);
    const query = connection.query({ sql, rowsAsArray: true, typeCast });
    query.on('fields', (fields: readonly FieldPacket[]) => {
      this.#fields = fields;
    });
    query.on('result', (row: FieldRow) => this.#take(row));
    query.on('error', (error: unknown) => this.fail(error));
    query.on('end', () => {
      this.#over = true;
      this.#settle({ kind: 'ended' });
    });
  }

  /** The server has nothing more to send for this statement, be it after an error of its own. */
  get over(): boolean {
    return this.#over;
  }

  get fields(): readonly FieldPacket[] {
    return this.#fields;
  }

  /** The rows that have come; waits for the first of them. */
  async next(): Promise<Chunk> {
    for (;;) {
      const full = this.#chunks.shift();
      if (full !== undefined) {
        if (this.#chunks.length < ready) this.#connection.resume();
        return { rows: full, end: this.#ended && this.#chunks.length === 0 && this.#open.length === 0 };
      }
      if (this.#state.kind === 'failed') throw this.#state.error;
      if (this.#open.length > 0 || this.#ended) {
        const rows = this.#open;
        this.#open = [];
        this.#openBytes = 0;
        return { rows, end: this.#ended };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the waiting with an error, if the result has not come to its end by itself. */
  fail(error: unknown): void {
    this.#settle({ kind: 'failed', error });
  }

  /** To be called once the stream is left. */
  close(): void {
    this.#connection.off('error', this.#lost);
    this.#chunks = [];
    this.#open = [];
  }

  get #ended(): boolean {
    return this.#state.kind === 'ended';
  }

  /** The driver calls it once a field, in the order of the row. */
  #read(field: TypeCastField): Field | null {
    const place = this.#place;
    this.#place = place + 1;
    if (this.#readAs[place] !== 'bytes') {
      const text = field.string('utf8');
      if (text !== null) this.#openBytes += text.length;
      return text;
    }
    const bytes = field.buffer();
    if (bytes === null) return null;
    this.#openBytes += bytes.length;
    // The driver's slice would keep all that was read from the socket with it.
    return Buffer.from(bytes);
  }

  #take(row: FieldRow): void {
    this.#place = 0;
    if (this.#state.kind === 'failed') return;
    this.#open.push(row);
    if (this.#open.length < chunkRows && this.#openBytes < chunkBytes) {
      if (this.#open.length === 1) this.#wakeSoon();
      return;
    }
    this.#chunks.push(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    if (this.#chunks.length >= ready) this.#connection.pause();
    this.#wakeNow();
  }

  #settle(state: State): void {
    if (this.#state.kind !== 'running') return;
    this.#state = state;
    this.#wakeNow();
  }

  /** After the rest of what this read of the socket brought: a chunk of one row would be dear. */
  #wakeSoon(): void {
    if (this.#wake !== null) setImmediate(() => this.#wakeNow());
  }

  #wakeNow(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
