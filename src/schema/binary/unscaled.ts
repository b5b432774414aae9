import { safeDigits } from './varint.ts';

const zero = 0x30;
const point = 0x2e;
const word = 2 ** 32;

/** A decimal as Avro and Java have it: a whole number of units of its scale, in the fewest bytes of two's complement, highest first. */
export class Unscaled {
  readonly #scale: number;
  readonly #precision: number;
  /** How many bytes it has. */
  size = 0;
  #small = 0;
  /** null: `small` is the number. */
  #hex: string | null = null;

  constructor(scale: number, precision: number) {
    this.#scale = scale;
    this.#precision = precision;
  }

  /** Reads `-12.50`; false: NaN, an infinity, or more digits than there is room for. */
  read(bytes: Buffer, start: number, end: number): boolean {
    const negative = bytes[start] === 0x2d;
    let first = negative ? start + 1 : start;
    let dot = first;
    while (dot < end && bytes[dot] !== point) dot += 1;
    if (dot === first) return false;
    let last = end;
    // Digits past the scale say nothing where they are zeros.
    while (last > dot + 1 + this.#scale && bytes[last - 1] === zero) last -= 1;
    const fraction = Math.max(0, last - dot - 1);
    if (fraction > this.#scale) return false;
    while (first < dot && bytes[first] === zero) first += 1;
    const missing = this.#scale - fraction;
    if (dot - first + this.#scale > safeDigits) return this.#large(bytes, first, dot, fraction, missing, negative);
    const whole = digits(bytes, dot + 1, dot + 1 + fraction, digits(bytes, first, dot, 0)) * (powers[missing] as number);
    if (Number.isNaN(whole) || whole >= (powers[Math.min(this.#precision, safeDigits)] as number)) return false;
    this.#hex = null;
    this.#small = negative ? 0 - whole : whole;
    this.size = sizeOf(this.#small);
    return true;
  }

  /** Where writing goes on. */
  put(into: Buffer, at: number): number {
    if (this.#hex !== null) return at + into.write(this.#hex, at, 'hex');
    const high = Math.floor(this.#small / word);
    const low = this.#small - high * word;
    for (let place = this.size - 1, next = at; place >= 0; place -= 1, next += 1) {
      into[next] = (place > 3 ? high >> ((place - 4) * 8) : low >>> (place * 8)) & 0xff;
    }
    return at + this.size;
  }

  #large(bytes: Buffer, first: number, dot: number, fraction: number, missing: number, negative: boolean): boolean {
    const text =
      `${bytes.toString('latin1', first, dot)}${bytes.toString('latin1', dot + 1, dot + 1 + fraction)}${'0'.repeat(missing)}`.replace(
        /^0+/,
        '',
      );
    if (text.length > this.#precision || !/^\d*$/.test(text)) return false;
    const value = negative ? -BigInt(text) : BigInt(text);
    const bits = (value < 0n ? ~value : value).toString(2).length;
    // One bit more for the sign.
    this.size = (bits >> 3) + 1;
    this.#hex = BigInt.asUintN(this.size * 8, value)
      .toString(16)
      .padStart(this.size * 2, '0');
    return true;
  }
}

const powers: readonly number[] = Array.from({ length: safeDigits + 1 }, (_, exponent) => 10 ** exponent);

/** `before` with these digits behind it; NaN: they are none. */
function digits(bytes: Buffer, start: number, end: number, before: number): number {
  let value = before;
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] as number) - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function sizeOf(value: number): number {
  const magnitude = value < 0 ? -value - 1 : value;
  let size = 1;
  for (let limit = 0x80; magnitude >= limit; limit *= 256) size += 1;
  return size;
}
