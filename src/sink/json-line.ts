import { LiberateError } from '../kit/errors.ts';
import type { RecordBatch } from '../model/record-batch.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const zero = 0x30;
const dayMs = 86_400_000;

/** A buffer that one wide batch has grown beyond this is not kept for the next. */
const kept = 4 * 1024 * 1024;

const keyName = '"key":';
const valueName = Buffer.from(',"value":');
const timestampName = Buffer.from(',"timestamp":"');
const nothing = Buffer.from('null');
/** Of one line, with both key and value null. */
const namesBytes = valueName.length + timestampName.length + 2 * nothing.length;
/** The longest ISO time, of a year with six digits. */
const timeBytes = 27;
/** Up to here a loop is faster than the call. */
const shortMove = 12;

/**
 * Collects batches as lines in one buffer that is used again:
 *
 *     {"topic":"t","key":<JSON or null>,"value":<JSON or null>,"timestamp":"2026-11-21T11:45:12.345Z","headers":{…}}
 *
 * Key and value are JSON texts already and are embedded as they are: parsing and printing them
 * again would round a number of 19 digits.
 */
export class LineBuffer {
  #buffer = Buffer.allocUnsafeSlow(64 * 1024);
  #length = 0;
  /** The day that `#dayText` prints, in days since 1970. */
  #day = Number.NaN;
  #dayText = Buffer.alloc(0);

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > kept) this.#buffer = Buffer.allocUnsafeSlow(64 * 1024);
  }

  /** The next batch gets memory of its own: somebody still reads the last one's. */
  forget(): void {
    this.#buffer = Buffer.allocUnsafeSlow(64 * 1024);
    this.#length = 0;
  }

  /** The lines so far; valid until the next `clear` or `add`. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** One line a record. `topic` null: the lines do not say it. LIB309 for a timestamp that is none. */
  add(topic: string | null, batch: RecordBatch): void {
    const head = Buffer.from(topic === null ? `{${keyName}` : `{"topic":${JSON.stringify(topic)},${keyName}`);
    const tail = tailOf(batch.headers);
    const tombstoneTail = batch.tombstoneHeaders === batch.headers ? tail : tailOf(batch.tombstoneHeaders);
    const own = ownTails(batch);
    const { bounds, timestamps, count, length } = batch;
    // What the lines are made of is laid behind them: moving bytes within one buffer makes no object,
    // while a copy from another makes a view each time.
    const headAt =
      this.#length +
      length +
      count * (head.length + namesBytes + timeBytes + Math.max(tail.length, tombstoneTail.length)) +
      (own?.bytes ?? 0);
    const tailAt = headAt + head.length;
    const tombstoneTailAt = tailAt + tail.length;
    const bytesAt = tombstoneTailAt + tombstoneTail.length;
    this.#reserve(bytesAt + length);
    head.copy(this.#buffer, headAt);
    tail.copy(this.#buffer, tailAt);
    tombstoneTail.copy(this.#buffer, tombstoneTailAt);
    batch.bytes.copy(this.#buffer, bytesAt, 0, length);
    this.#unbreak(bytesAt, bytesAt + length);
    for (let at = 0; at < count; at += 1) {
      const bound = at * 4;
      this.#move(headAt, head.length);
      this.#json(bytesAt, bounds[bound] as number, bounds[bound + 1] as number);
      this.#put(valueName);
      this.#json(bytesAt, bounds[bound + 2] as number, bounds[bound + 3] as number);
      this.#put(timestampName);
      this.#time(timestamps[at] as number);
      const tails = own === null ? undefined : own.tails[at];
      if (tails !== undefined) this.#put(tails);
      else if ((bounds[bound + 2] as number) < 0) this.#move(tombstoneTailAt, tombstoneTail.length);
      else this.#move(tailAt, tail.length);
    }
  }

  #json(bytesAt: number, from: number, to: number): void {
    if (from < 0) this.#put(nothing);
    else this.#move(bytesAt + from, to - from);
  }

  /**
   * A line break in JSON text can only stand between tokens (inside a string it is written `\n`), where
   * a space means the same; left there it would cut the line in two.
   */
  #unbreak(from: number, to: number): void {
    const bytes = this.#buffer.subarray(from, to);
    if (!bytes.includes(newline) && !bytes.includes(carriageReturn)) return;
    for (let at = 0; at < bytes.length; at += 1) {
      if (bytes[at] === newline || bytes[at] === carriageReturn) bytes[at] = space;
    }
  }

  /** As `toISOString` prints it; of rows in time order only the first of a day asks a Date. */
  #time(ms: number): void {
    const day = Math.floor(ms / dayMs);
    if (day !== this.#day) {
      this.#dayText = Buffer.from(dayText(ms));
      this.#day = day;
    }
    this.#put(this.#dayText);
    let rest = Math.floor(ms - day * dayMs);
    const milliseconds = rest % 1000;
    rest = (rest - milliseconds) / 1000;
    const seconds = rest % 60;
    rest = (rest - seconds) / 60;
    const minutes = rest % 60;
    this.#twoDigits((rest - minutes) / 60, 0x3a);
    this.#twoDigits(minutes, 0x3a);
    this.#twoDigits(seconds, 0x2e);
    const hundreds = Math.trunc(milliseconds / 100);
    this.#buffer[this.#length++] = zero + hundreds;
    this.#twoDigits(milliseconds - hundreds * 100, 0x5a);
  }

  #twoDigits(number: number, then: number): void {
    const tens = Math.trunc(number / 10);
    const buffer = this.#buffer;
    buffer[this.#length] = zero + tens;
    buffer[this.#length + 1] = zero + number - tens * 10;
    buffer[this.#length + 2] = then;
    this.#length += 3;
  }

  #put(bytes: Uint8Array): void {
    const buffer = this.#buffer;
    let length = this.#length;
    for (let at = 0; at < bytes.length; at += 1) buffer[length++] = bytes[at] as number;
    this.#length = length;
  }

  #move(from: number, bytes: number): void {
    const buffer = this.#buffer;
    const to = this.#length;
    if (bytes > shortMove) buffer.copyWithin(to, from, from + bytes);
    else for (let at = 0; at < bytes; at += 1) buffer[to + at] = buffer[from + at] as number;
    this.#length = to + bytes;
  }

  #reserve(needed: number): void {
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** The ends of the lines of records with headers of their own; null: there are none. */
function ownTails(batch: RecordBatch): { readonly tails: readonly (Buffer | undefined)[]; readonly bytes: number } | null {
  if (batch.ownHeaders === null) return null;
  const tails = batch.ownHeaders.map((own, at) => (own === undefined ? undefined : tailOf(batch.record(at).headers)));
  return { tails, bytes: tails.reduce((sum, tail) => sum + (tail?.length ?? 0), 0) };
}

const tailOf = (headers: RecordBatch['headers']): Buffer => Buffer.from(`","headers":${JSON.stringify(headers)}}\n`);

/** `2026-11-21T` */
function dayText(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new LiberateError('LIB309', `the timestamp "${ms}" is not a time in milliseconds`);
  return date.toISOString().slice(0, -'00:00:00.000Z'.length);
}
