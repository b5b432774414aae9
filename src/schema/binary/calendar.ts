const zero = 0x30;
const dayLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Days since 1970 in the calendar of ISO 8601, which has no gap in 1582. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const inEra = shifted - era * 400;
  const inYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + inEra * 365 + Math.floor(inEra / 4) - Math.floor(inEra / 100) + inYear - 719_468;
}

/** A number of two digits; NaN: they are none. */
function two(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - zero;
  const ones = (bytes[at + 1] as number) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/**
 * Reads dates and times from the text that a database prints or value.ts has. What is not regular is refused: infinity, years before 1, a
 * zero or a day that its month has not, another zone than UTC.
 */
export class CalendarReader {
  /** Since 1970, or since midnight. */
  seconds = 0;
  /** On top of the seconds, from 0 to 999999. */
  micros = 0;
  days = 0;
  #next = 0;
  // Rows come in the order of their stamps: the last date is nearly always the next one.
  #known = -1;
  #knownDays = 0;

  /** `2026-01-31` */
  date(bytes: Buffer, start: number, end: number): boolean {
    return this.#date(bytes, start, end) && this.#next === end;
  }

  /** `2026-01-31 10:00:00.123456`, with a T for the space or not, and `Z` or `+00` behind it if `zoned`, or nothing. */
  stamp(bytes: Buffer, start: number, end: number, zoned: boolean): boolean {
    const last = zoned ? endOfUtc(bytes, end) : end;
    if (!this.#date(bytes, start, last)) return false;
    const between = bytes[this.#next];
    if (between !== 0x20 && between !== 0x54) return false;
    if (!this.time(bytes, this.#next + 1, last) || this.seconds === 86_400) return false;
    this.seconds += this.days * 86_400;
    return true;
  }

  /** `10:00:00.123456`, and the end of the day, `24:00:00`. */
  time(bytes: Buffer, start: number, end: number): boolean {
    if (end - start < 8 || bytes[start + 2] !== 0x3a || bytes[start + 5] !== 0x3a) return false;
    const [hours, minutes, seconds] = [two(bytes, start), two(bytes, start + 3), two(bytes, start + 6)];
    this.seconds = hours * 3600 + minutes * 60 + seconds;
    return minutes < 60 && seconds < 60 && this.#fraction(bytes, start + 8, end) && this.seconds + this.micros / 1e6 <= 86_400;
  }

  #fraction(bytes: Buffer, start: number, end: number): boolean {
    this.micros = 0;
    if (start === end) return true;
    if (bytes[start] !== 0x2e || end - start < 2 || end - start > 7) return false;
    for (let at = start + 1; at < start + 7; at += 1) {
      const digit = at < end ? (bytes[at] as number) - zero : 0;
      if (digit < 0 || digit > 9) return false;
      this.micros = this.micros * 10 + digit;
    }
    return true;
  }

  #date(bytes: Buffer, start: number, end: number): boolean {
    let year = 0;
    let at = start;
    for (; at < end && bytes[at] !== 0x2d; at += 1) {
      const digit = (bytes[at] as number) - zero;
      if (digit < 0 || digit > 9 || at - start > 6) return false;
      year = year * 10 + digit;
    }
    if (at - start < 4 || end - at < 6 || bytes[at + 3] !== 0x2d) return false;
    const [month, day] = [two(bytes, at + 1), two(bytes, at + 4)];
    this.#next = at + 6;
    const written = year * 10_000 + month * 100 + day;
    if (written !== this.#known) {
      if (year < 1 || !(month >= 1 && month <= 12) || !(day >= 1 && day <= (dayLengths[month - 1] as number))) return false;
      if (month === 2 && day === 29 && !isLeap(year)) return false;
      this.#known = written;
      this.#knownDays = daysOf(year, month, day);
    }
    this.days = this.#knownDays;
    return true;
  }
}

function endOfUtc(bytes: Buffer, end: number): number {
  if (bytes[end - 1] === 0x5a) return end - 1;
  return bytes[end - 3] === 0x2b && bytes[end - 2] === zero && bytes[end - 1] === zero ? end - 3 : end;
}
