import type { Duplex } from 'node:stream';
import { LiberateError } from '../../kit/errors.ts';
import type { PackedRows } from '../../model/packed-rows.ts';

const dataRow = 0x44;
/** Type and length. */
const headSize = 5;
/** Type, length and number of fields. */
const rowHead = 7;

interface Unfinished {
  readonly bytes: Buffer;
  filled: number;
}

/** Who takes the answers to several statements that were sent together. */
export interface Answers {
  /** A whole frame, of that type, which is no row: true when it is taken and does not go on to the driver. */
  frame(type: number): boolean;
}

/**
 * Stands between the socket and node-postgres, and takes the rows of a result out of the stream before they
 * become a JavaScript string for each field. Everything else goes on to the driver untouched, frame by frame.
 */
export class RowTap {
  readonly #deliver: (chunk: Buffer) => void;
  #rows: PackedRows | null = null;
  #answers: Answers | null = null;
  /** Bytes of a frame that the driver has in part already. */
  #rest = 0;
  /** The beginning of a frame whose type and length have not come whole. */
  #head: Buffer | null = null;
  /** A row that has come in part: at least one chunk is full of it. */
  #partial: Unfinished | null = null;

  /** `deliver`: to the driver; what it is given may not last. */
  constructor(deliver: (chunk: Buffer) => void) {
    this.#deliver = deliver;
  }

  /** Between the driver and a socket to which it listens already, between two statements. */
  static on(stream: Duplex): RowTap {
    const [driver, ...others] = stream.listeners('data');
    if (driver === undefined || others.length > 0) throw new LiberateError('LIB901', 'not just the driver listens to its socket');
    const tap = new RowTap(driver as (chunk: Buffer) => void);
    stream.removeAllListeners('data');
    stream.on('data', (chunk: Buffer) => tap.take(chunk, stream));
    return tap;
  }

  /** From now on rows go here; null: to the driver. */
  collect(rows: PackedRows | null): void {
    this.#rows = rows;
  }

  /** From now on frames are shown there, each once it has come whole; null: they go on to the driver. */
  show(answers: Answers | null): void {
    this.#answers = answers;
  }

  /** What was read from the stream, which ends when it is not understood. */
  take(read: Buffer, stream: Duplex): void {
    try {
      this.#take(read);
    } catch (error) {
      // Thrown on, it would end the process; so it ends the connection, and with it the statement.
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(read: Buffer): void {
    const chunk = this.#head === null ? read : Buffer.concat([this.#head, read]);
    this.#head = null;
    let at = Math.min(this.#rest, chunk.length);
    this.#rest -= at;
    let passed = 0;
    if (this.#partial !== null) at = passed = this.#fill(this.#partial, chunk);
    while (chunk.length - at >= headSize) {
      const rows = chunk[at] === dataRow ? this.#rows : null;
      if (rows !== null) {
        if (at > passed) this.#deliver(chunk.subarray(passed, at));
        at = passed = this.#keep(rows, chunk, at);
        continue;
      }
      const size = sizeAt(chunk, at);
      if (this.#answers !== null) {
        if (at + size > chunk.length) break;
        if (this.#answers.frame(chunk[at] as number)) {
          if (at > passed) this.#deliver(chunk.subarray(passed, at));
          at = passed = at + size;
          continue;
        }
      }
      if (at + size > chunk.length) this.#rest = at + size - chunk.length;
      at = Math.min(at + size, chunk.length);
    }
    // The read buffer is the socket's own: it is not kept.
    if (at < chunk.length) this.#head = Buffer.from(chunk.subarray(at));
    if (at > passed) this.#deliver(chunk.subarray(passed, at));
  }

  /** Takes the rows that follow one another in the chunk; where it goes on after them. */
  #keep(rows: PackedRows, chunk: Buffer, from: number): number {
    let end = from;
    let rest = 0;
    while (chunk.length - end >= headSize && chunk[end] === dataRow) {
      const size = sizeAt(chunk, end);
      if (end + size > chunk.length) {
        rest = size;
        break;
      }
      end += size;
    }
    if (end > from) unpack(rows, rows.append(chunk, from, end));
    if (rest === 0) return end;
    const bytes = Buffer.allocUnsafe(rest);
    this.#partial = { bytes, filled: chunk.copy(bytes, 0, end) };
    return chunk.length;
  }

  /** Where the chunk goes on after the row. */
  #fill(partial: Unfinished, chunk: Buffer): number {
    const taken = chunk.copy(partial.bytes, partial.filled);
    partial.filled += taken;
    if (partial.filled < partial.bytes.length) return taken;
    this.#partial = null;
    if (this.#rows !== null) unpack(this.#rows, this.#rows.append(partial.bytes, 0, partial.bytes.length));
    return taken;
  }
}

/** Bytes of the frame, its type included. */
function sizeAt(chunk: Buffer, at: number): number {
  const size = 1 + chunk.readInt32BE(at + 1);
  if (size < headSize) throw new LiberateError('LIB901', `a frame of ${size} bytes from the server`);
  return size;
}

/** DataRows, one after another from there on: each field is its length, -1 for NULL, and its text. */
function unpack(rows: PackedRows, from: number): void {
  const { bytes, width, length } = rows;
  for (let next = from; next < length; ) {
    const to = next + sizeAt(bytes, next);
    const fields = bytes.readInt16BE(next + headSize);
    if (fields !== width) throw new LiberateError('LIB901', `a row of ${fields} fields, and ${width} were asked for`);
    next = unpackRow(rows, next + rowHead);
    if (next !== to) throw new LiberateError('LIB901', 'a row whose fields do not fill it');
  }
}

/** Where the row ends. */
function unpackRow(rows: PackedRows, from: number): number {
  let at = rows.row();
  const { bytes, bounds, width } = rows;
  let next = from;
  for (let field = 0; field < width; field += 1) {
    const size =
      ((bytes[next] as number) << 24) |
      ((bytes[next + 1] as number) << 16) |
      ((bytes[next + 2] as number) << 8) |
      (bytes[next + 3] as number);
    next += 4;
    bounds[at] = size < 0 ? -1 : next;
    if (size > 0) next += size;
    bounds[at + 1] = size < 0 ? -1 : next;
    at += 2;
  }
  return next;
}
