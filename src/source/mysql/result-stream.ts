import type { FieldPacket, Query } from 'mysql2';
import { LiberateError } from '../../kit/errors.ts';
import { type FieldForm, PackedRows } from '../../model/packed-rows.ts';
import { PacketSocket } from './packet-socket.ts';
import type { Connection } from './session.ts';

export interface Chunk {
  /** Valid until the next chunk is asked for. */
  readonly rows: PackedRows;
  /** The result ends with these rows. */
  readonly end: boolean;
}

/** A packet of the protocol as the driver hands it to its command; `offset` to `end` is what it carries. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}

/** A step of the driver's command: takes a packet, returns the next step. */
type Step = (this: Stepping, packet: Packet, connection: unknown) => Step | null;
type Stepping = Query & { row: Step };

type State = { readonly kind: 'running' | 'ended' } | { readonly kind: 'failed'; readonly error: unknown };

const chunkRows = 5_000;
const chunkBytes = 1 << 18;
/** Bytes of a chunk that is kept for the next statement, and how many of them are: what one statement works with. */
const keptBytes = 1 << 20;
const keptChunks = 3;
/** Chunks that may lie ready while the consumer works on another. */
const ready = 2;

/**
 * One statement's result, read from the socket no faster than `next` is called: while enough chunks lie
 * ready the connection is paused, so what is held is two chunks and what one read of the socket brought.
 * The driver's own row stream would do the same with a promise for every row.
 */
export class ResultStream {
  readonly #connection: Connection;
  readonly #forms: readonly FieldForm[];
  #chunks: PackedRows[] = [];
  #open: PackedRows | null = null;
  /** What the consumer works on, and what it is done with. */
  #lent: PackedRows | null = null;
  readonly #free: PackedRows[] = [];
  readonly #spare: PackedRows[];
  #fields: readonly FieldPacket[] = [];
  #state: State = { kind: 'running' };
  #over = false;
  #wake: (() => void) | null = null;
  readonly #lost = (error: unknown): void => this.fail(error);

  /** `forms`: of the first fields of a row, those that are values; `spare`: what statements before it have left. */
  constructor(connection: Connection, sql: string, forms: readonly FieldForm[], spare: PackedRows[]) {
    this.#spare = spare;
    this.#connection = connection;
    this.#forms = forms;
    // A lost connection is told to the connection, not to its statement; one lost before, at once.
    connection.on('error', this.#lost);
    const query = connection.query({ sql, rowsAsArray: true }) as Stepping;
    tapRows(query, (packet) => {
      try {
        this.#take(packet);
      } catch (error) {
        // Thrown into the driver it would end the process.
        this.fail(error);
      }
    });
    // A statement that has no result has no fields either.
    query.on('fields', (fields: readonly FieldPacket[] | undefined) => {
      this.#fields = fields ?? [];
      this.#borrow(true);
    });
    query.on('error', (error: unknown) => this.fail(error));
    query.on('end', () => {
      this.#over = true;
      this.#borrow(false);
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
    if (this.#lent !== null) this.#free.push(this.#lent);
    this.#lent = null;
    for (;;) {
      const full = this.#chunks.shift();
      if (full !== undefined) {
        if (this.#chunks.length < ready) this.#connection.resume();
        return this.#lend(full, this.#ended && this.#chunks.length === 0 && this.#open === null);
      }
      if (this.#state.kind === 'failed') throw this.#state.error;
      if (this.#open !== null || this.#ended) {
        const rows = this.#open ?? this.#empty();
        this.#open = null;
        return this.#lend(rows, this.#ended);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #lend(rows: PackedRows, end: boolean): Chunk {
    this.#lent = rows;
    return { rows, end };
  }

  #empty(): PackedRows {
    const [forms, width] = [this.#forms, this.#fields.length];
    const rows = this.#free.pop() ?? this.#spare.pop() ?? new PackedRows(forms, width);
    rows.begin(forms, width);
    return rows;
  }

  /** Ends the waiting with an error, if the result has not come to its end by itself. */
  fail(error: unknown): void {
    this.#settle({ kind: 'failed', error });
  }

  /** To be called once the last chunk has been done with: a large result is many statements, and each would let its chunks grow anew. */
  leave(): void {
    for (const rows of [...this.#free.splice(0), ...(this.#lent === null ? [] : [this.#lent])]) {
      if (rows.bytes.length <= keptBytes && this.#spare.length < keptChunks) this.#spare.push(rows);
    }
    this.#lent = null;
  }

  /** To be called once the stream is left. */
  close(): void {
    this.#connection.off('error', this.#lost);
    this.#borrow(false);
    this.#chunks = [];
    this.#open = null;
  }

  /** Rows are taken out of the socket's buffer as soon as they come. */
  #borrow(lends: boolean): void {
    const { stream } = this.#connection;
    if (stream instanceof PacketSocket) stream.lends = lends;
  }

  get #ended(): boolean {
    return this.#state.kind === 'ended';
  }

  #take(packet: Packet): void {
    if (this.#state.kind === 'failed') return;
    const rows = this.#open ?? this.#empty();
    keep(rows, packet);
    if (rows.count < chunkRows && rows.length < chunkBytes) {
      if (this.#open === null) this.#wakeSoon();
      this.#open = rows;
      return;
    }
    this.#open = null;
    this.#chunks.push(rows);
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

/**
 * Takes the rows of a result from the driver before it makes a JavaScript value of each field. Its command is a chain
 * of steps, each of which names the next; the one for a row is replaced on this command alone.
 */
function tapRows(query: Stepping, take: (packet: Packet) => void): void {
  const driver = query.row;
  query.row = function row(packet, connection): Step | null {
    // The end, and the beginning of another result, are the driver's.
    if (packet.isEOF()) return driver.call(this, packet, connection);
    take(packet);
    return row;
  };
}

/** A row of the text protocol: each field is its length, 0xfb for NULL, and its bytes. */
function keep(rows: PackedRows, { buffer, offset, end }: Packet): void {
  const moved = rows.append(buffer, offset, end) - offset;
  let at = rows.row();
  const { bounds, width } = rows;
  let next = offset;
  for (let field = 0; field < width; field += 1) {
    const first = buffer[next] as number;
    if (first === 0xfb) {
      next += 1;
      bounds[at] = -1;
      bounds[at + 1] = -1;
    } else {
      const size = first < 0xfb ? first : longSize(buffer, next);
      next += first < 0xfb ? 1 : longHead(first);
      bounds[at] = next + moved;
      next += size;
      bounds[at + 1] = next + moved;
    }
    at += 2;
  }
  if (next !== end) throw new LiberateError('LIB901', 'a row whose fields do not fill it');
}

const longHead = (first: number): number => (first === 0xfc ? 3 : first === 0xfd ? 4 : 9);

function longSize(buffer: Buffer, at: number): number {
  const bytes = longHead(buffer[at] as number) - 1;
  // A packet is far below what six bytes can say.
  return buffer.readUIntLE(at + 1, Math.min(bytes, 6));
}
