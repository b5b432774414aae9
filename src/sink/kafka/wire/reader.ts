import { WireFault } from './faults.ts';

/** Reads one answer from its first byte to its last; WireFault as soon as it does not hold what it should. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  boolean(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  string(): string {
    const text = this.nullableString();
    if (text === null) throw new WireFault('null where a text belongs');
    return text;
  }

  nullableString(): string | null {
    const length = this.int16();
    if (length === -1) return null;
    const from = this.#take(length);
    return this.#bytes.toString('utf8', from, from + length);
  }

  bytes(): Buffer {
    const length = this.int32();
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** null counts as empty. */
  array<T>(item: (reader: Reader) => T): T[] {
    const count = this.int32();
    // Every item has at least a byte: what claims more is not read, however much memory it asks for.
    if (count < -1 || count > this.#bytes.length - this.#at) throw new WireFault(`a list of ${count} in ${this.#bytes.length} bytes`);
    const items: T[] = [];
    for (let at = 0; at < count; at += 1) items.push(item(this));
    return items;
  }

  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new WireFault(`${left} bytes too many in an answer of ${this.#bytes.length}`);
  }

  #take(bytes: number): number {
    const from = this.#at;
    if (bytes < 0 || from + bytes > this.#bytes.length) {
      throw new WireFault(`an answer of ${this.#bytes.length} bytes ends where ${bytes} more at ${from} belong`);
    }
    this.#at = from + bytes;
    return from;
  }
}
