const zero = 0x30;
const minus = 0x2d;
const eightDigits = 100_000_000;

/** Writes a whole number below 2^53 in digits; where writing goes on. */
export function putWhole(value: number, into: Buffer, at: number): number {
  if (value < 0) {
    into[at] = minus;
    return putWhole(-value, into, at + 1);
  }
  if (value < eightDigits) return putDigits(value, lengthOf(value), into, at);
  const high = Math.floor(value / eightDigits);
  return putDigits(value - high * eightDigits, 8, into, putWhole(high, into, at));
}

function lengthOf(value: number): number {
  let length = 1;
  for (let limit = 10; value >= limit; limit *= 10) length += 1;
  return length;
}

/** The last so many digits, with zeros before them. */
function putDigits(value: number, length: number, into: Buffer, at: number): number {
  let rest = value;
  for (let place = at + length - 1; place >= at; place -= 1) {
    const less = (rest / 10) | 0;
    into[place] = zero + rest - less * 10;
    rest = less;
  }
  return at + length;
}

const letters = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const padding = 0x3d;

/** Writes bytes in base64; where writing goes on. `size`: of them from the first. */
export function putBase64(from: Buffer, size: number, into: Buffer, at: number): number {
  let next = at;
  for (let place = 0; place < size; place += 3) {
    const left = size - place;
    const one = from[place] as number;
    const two = left > 1 ? (from[place + 1] as number) : 0;
    const three = left > 2 ? (from[place + 2] as number) : 0;
    into[next++] = letters[one >> 2] as number;
    into[next++] = letters[((one & 3) << 4) | (two >> 4)] as number;
    into[next++] = left > 1 ? (letters[((two & 15) << 2) | (three >> 6)] as number) : padding;
    into[next++] = left > 2 ? (letters[three & 63] as number) : padding;
  }
  return next;
}
