import { putVarint } from '../../kit/varint.ts';

const word = 2 ** 32;

function putWide(high: number, low: number, into: Buffer, at: number): number {
  let [more, rest, next] = [high, low, at];
  while (more !== 0) {
    into[next++] = (rest & 0x7f) | 0x80;
    rest = ((rest >>> 7) | (more << 25)) >>> 0;
    more >>>= 7;
  }
  return putVarint(rest, into, next);
}

/** The most digits that a double holds, whatever they are. */
export const safeDigits = 15;

/** A whole number of up to 64 bits as sign and magnitude, in two words: exact past 2^53, and no object a value. */
export class Int64 {
  #negative = false;
  #high = 0;
  #low = 0;

  /** Reads digits, with a minus before them or not; false: they are none, or too many. */
  read(bytes: Buffer, start: number, end: number): boolean {
    this.#negative = bytes[start] === 0x2d;
    this.#high = 0;
    this.#low = 0;
    const first = this.#negative ? start + 1 : start;
    if (first >= end) return false;
    for (let at = first; at < end; ) {
      // Six digits at a time, so that every product is a whole number in a double.
      let [part, scale] = [0, 1];
      for (const last = Math.min(at + 6, end); at < last; at += 1) {
        const digit = (bytes[at] as number) - 0x30;
        if (digit < 0 || digit > 9) return false;
        part = part * 10 + digit;
        scale *= 10;
      }
      if (!this.#shift(scale, part)) return false;
    }
    return true;
  }

  /** Of a whole number up to 2^53 either way. */
  whole(value: number): void {
    this.#negative = value < 0;
    const magnitude = Math.abs(value);
    this.#high = Math.floor(magnitude / word);
    this.#low = magnitude % word;
  }

  /** A time in microseconds; `micros`: from 0, on top of the seconds. false: past 64 bits. */
  time(seconds: number, micros: number): boolean {
    this.#negative = seconds < 0;
    const borrowed = this.#negative && micros > 0;
    const whole = this.#negative ? -seconds - (borrowed ? 1 : 0) : seconds;
    this.#high = Math.floor(whole / word);
    this.#low = whole % word;
    return this.#shift(1_000_000, borrowed ? 1_000_000 - micros : micros) && this.isSigned;
  }

  get isSigned(): boolean {
    return this.#high < 0x80000000 || (this.#negative && this.#high === 0x80000000 && this.#low === 0);
  }

  get isUnsigned(): boolean {
    return !this.#negative || (this.#high === 0 && this.#low === 0);
  }

  putZigZag(into: Buffer, at: number): number {
    const high = ((this.#high << 1) | (this.#low >>> 31)) >>> 0;
    const low = (this.#low << 1) >>> 0;
    if (!this.#negative || (high === 0 && low === 0 && this.#high === 0)) return putWide(high, low, into, at);
    return low === 0 ? putWide((high - 1) >>> 0, 0xffffffff, into, at) : putWide(high, low - 1, into, at);
  }

  /** Protobuf's numbers: a negative one is its two's complement. */
  putVarint(into: Buffer, at: number): number {
    if (!this.#negative) return putWide(this.#high, this.#low, into, at);
    const low = -this.#low >>> 0;
    return putWide((~this.#high + (low === 0 ? 1 : 0)) >>> 0, low, into, at);
  }

  #shift(scale: number, add: number): boolean {
    const low = this.#low * scale + add;
    const high = this.#high * scale + Math.floor(low / word);
    this.#low = low % word;
    this.#high = high;
    return high < word;
  }
}

/** The number of up to 15 digits, with a minus before them or not; NaN: they are none, or more. */
export function smallWhole(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === 0x2d;
  const first = negative ? start + 1 : start;
  if (first >= end || end - first > safeDigits) return Number.NaN;
  let value = 0;
  for (let at = first; at < end; at += 1) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return negative ? 0 - value : value;
}
