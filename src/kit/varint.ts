/** Whole numbers in bytes of seven bits, the lowest first, the top bit set where more follow: of Kafka's records, Avro and Protobuf. */

/** Of a whole number from 0 to 2^53; where writing goes on. */
export function putVarint(value: number, into: Uint8Array, at: number): number {
  let rest = value;
  let next = at;
  while (rest > 0x7fffffff) {
    into[next++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    into[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[next] = rest;
  return next + 1;
}

/** Avro's numbers: 0, -1, 1, -2 … become 0, 1, 2, 3. To 2^52 either way. */
export const putZigZag = (value: number, into: Uint8Array, at: number): number =>
  putVarint(value < 0 ? -2 * value - 1 : 2 * value, into, at);

/** Of one that is not negative, past what a number holds exactly. */
export function putBigVarint(value: bigint, into: Uint8Array, at: number): number {
  let rest = value;
  let next = at;
  for (; rest > 0x7fn; rest >>= 7n) into[next++] = Number(rest & 0x7fn) | 0x80;
  into[next] = Number(rest);
  return next + 1;
}

/** Exact up to 2^53. `end`: where the next begins. */
export function readVarint(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let at = from;
  for (let factor = 1; ; factor *= 128) {
    const part = bytes[at++] as number;
    value += (part & 0x7f) * factor;
    if (part < 0x80) return { value, end: at };
  }
}
