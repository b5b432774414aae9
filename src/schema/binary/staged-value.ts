import type { Value } from '../../model/value.ts';

/** What a value of SQLite is, said by one letter before it. */
export const stored = { integer: 0x69, real: 0x72, text: 0x74, blob: 0x62 } as const;

/** A value as the bytes that a server would have sent of it, so that bytes and values are encoded by the same code. */
export class StagedValue {
  bytes: Buffer = Buffer.allocUnsafeSlow(256);
  /** Bytes in use. */
  length = 0;

  /** `lettered`: with what it is before it, as `stored` has it. */
  stage(value: Exclude<Value, null>, lettered: boolean): void {
    this.length = 0;
    if (typeof value === 'string') this.#text(value, lettered ? stored.text : null);
    else if (typeof value === 'bigint') this.#text(String(value), lettered ? stored.integer : null);
    else if (typeof value === 'number') this.#text(String(value), lettered ? stored.real : null);
    else if (typeof value === 'boolean') this.#text(value ? 't' : 'f', lettered ? stored.integer : null);
    else {
      this.#reserve(value.length + 1);
      if (lettered) this.bytes[this.length++] = stored.blob;
      this.bytes.set(value, this.length);
      this.length += value.length;
    }
  }

  #text(text: string, letter: number | null): void {
    this.#reserve(text.length * 3 + 1);
    if (letter !== null) this.bytes[this.length++] = letter;
    this.length += this.bytes.write(text, this.length);
  }

  #reserve(size: number): void {
    if (size > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(Math.max(size, this.bytes.length * 2));
  }
}
