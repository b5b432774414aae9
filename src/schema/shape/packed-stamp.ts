import type { FieldForm, PackedRows } from '../../model/packed-rows.ts';

const zero = 0x30;

/** Reads the time of a plain stamp from the server's bytes; null: not plain, or before 1970. `local`: of stamps without a zone. */
export function packedStamps(local: ((wall: number) => number) | null): (rows: PackedRows, row: number, field: number) => number | null {
  // Rows come in the order of their stamps: the last day is nearly always the next one.
  let knownDay = -1;
  let dayMillis = 0;
  return ({ forms, bytes, bounds, width }, row, field) => {
    const { form } = forms[field] as FieldForm;
    if (form !== 'spaced' && form !== 'spaced utc' && form !== 'spaced bare') return null;
    const start = bounds[(row * width + field) * 2] as number;
    const whole = bounds[(row * width + field) * 2 + 1] as number;
    const end = form === 'spaced utc' ? utcEnd(bytes, whole) : whole;
    if (end - start < 19 || bytes[start + 10] !== 0x20) return null;
    const [year, month, day] = [four(bytes, start), two(bytes, start + 5), two(bytes, start + 8)];
    const clock = [two(bytes, start + 11), two(bytes, start + 14), two(bytes, start + 17)] as const;
    const millis = fraction(bytes, start + 19, end);
    if (year < 1970 || month < 1 || day < 1 || clock[0] < 0 || clock[1] < 0 || clock[2] < 0 || millis < 0) return null;
    const date = year * 10_000 + month * 100 + day;
    if (date !== knownDay) {
      dayMillis = Date.UTC(year, month - 1, day);
      knownDay = date;
    }
    const wall = dayMillis + clock[0] * 3_600_000 + clock[1] * 60_000 + clock[2] * 1000 + millis;
    return form === 'spaced' && local !== null ? Math.max(0, wall - local(wall - millis)) : wall;
  };
}

/** Where a stamp ends that has `+00` after it; 0: it has not. */
function utcEnd(bytes: Buffer, end: number): number {
  return bytes[end - 3] === 0x2b && bytes[end - 2] === zero && bytes[end - 1] === zero ? end - 3 : 0;
}

/** The number of two digits; negative: they are none. */
function two(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - zero;
  const ones = (bytes[at + 1] as number) - zero;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

function four(bytes: Buffer, at: number): number {
  const [high, low] = [two(bytes, at), two(bytes, at + 2)];
  return high < 0 || low < 0 ? -1 : high * 100 + low;
}

/** Milliseconds of `.123456`, up to six digits; 0 of nothing; negative: something else stands there. */
function fraction(bytes: Buffer, start: number, end: number): number {
  if (start === end) return 0;
  if (bytes[start] !== 0x2e || end - start < 2 || end - start > 7) return -1;
  let millis = 0;
  let weight = 100;
  for (let at = start + 1; at < end; at += 1) {
    const digit = (bytes[at] as number) - zero;
    if (digit < 0 || digit > 9) return -1;
    if (weight >= 1) millis += digit * weight;
    weight /= 10;
  }
  return millis;
}
