import { LiberateError } from '../kit/errors.ts';
import type { OutboundRecord } from '../model/record.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/** A buffer that one wide batch has grown beyond this is not kept for the next. */
const kept = 4 * 1024 * 1024;

/**
 * Collects records as lines in one buffer that is used again for each batch:
 *
 *     {"topic":"t","key":<JSON or null>,"value":<JSON or null>,"timestamp":"2026-11-21T11:45:12.345Z","headers":{…}}
 *
 * Key and value are JSON texts already and are embedded as they are: parsing and printing them
 * again would round a number of 19 digits.
 */
export class LineBuffer {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 0;
  // Most records of a batch share these, and printing them is the dearest part of a line.
  #headers: OutboundRecord['headers'] = {};
  #headersText = '{}';

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > kept) this.#buffer = Buffer.allocUnsafe(64 * 1024);
  }

  /** The next batch gets memory of its own: somebody still reads the last one's. */
  forget(): void {
    this.#buffer = Buffer.allocUnsafe(64 * 1024);
    this.#length = 0;
  }

  /** The lines so far; valid until the next `clear` or `add`. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** `topic` null: the line does not say it. LIB309 for a timestamp that is none. */
  add(topic: string | null, record: OutboundRecord): void {
    this.#text(topic === null ? '{"key":' : `{"topic":${JSON.stringify(topic)},"key":`);
    this.#json(record.key);
    this.#text(',"value":');
    this.#json(record.value);
    this.#text(`,"timestamp":"${isoTime(record.timestamp)}","headers":${this.#headersOf(record)}}\n`);
  }

  #headersOf({ headers }: OutboundRecord): string {
    if (headers !== this.#headers) {
      this.#headersText = JSON.stringify(headers);
      this.#headers = headers;
    }
    return this.#headersText;
  }

  #text(text: string): void {
    // UTF-8 needs at most 3 bytes for each UTF-16 unit.
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length);
  }

  #json(bytes: Buffer | null): void {
    if (bytes === null) {
      this.#text('null');
      return;
    }
    this.#reserve(bytes.length);
    const from = this.#length;
    this.#length += bytes.copy(this.#buffer, from);
    if (bytes.includes(newline) || bytes.includes(carriageReturn)) this.#unbreak(from);
  }

  /**
   * A line break in JSON text can only stand between tokens (inside a string it is written `\n`), where
   * a space means the same; left there it would cut the line in two.
   */
  #unbreak(from: number): void {
    for (let at = from; at < this.#length; at += 1) {
      if (this.#buffer[at] === newline || this.#buffer[at] === carriageReturn) this.#buffer[at] = space;
    }
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function isoTime(timestamp: string): string {
  const date = new Date(Number(timestamp));
  if (Number.isNaN(date.getTime())) throw new LiberateError('LIB309', `the timestamp "${timestamp}" is not a time in milliseconds`);
  return date.toISOString();
}
