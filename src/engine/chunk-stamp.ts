import type { Micros } from '../model/watermark.ts';

/** A mark's text that names a day, and perhaps a time of it. */
export interface Stamp {
  /** As if its clock were UTC's. */
  readonly micros: Micros;
  /** What stands between day and time; null: a day alone. */
  readonly gap: ' ' | 'T' | null;
}

const form =
  /^'?(?<day>\d{4}-\d\d-\d\d)(?:(?<gap>[ T])(?<time>\d\d:\d\d(?::\d\d)?)(?:[.,](?<fraction>\d+))? ?(?:Z|[+-]\d\d(?::?\d\d)?)?)?'?$/;

const day: Micros = 86_400_000_000n;
const hour: Micros = 3_600_000_000n;

/** null for what is no such text: `infinity`, or seconds in a SQLite column. */
export function stampOf(mark: string): Stamp | null {
  const groups = form.exec(mark)?.groups;
  if (groups === undefined) return null;
  const ms = Date.parse(`${groups['day']}T${groups['time'] ?? '00:00'}Z`);
  if (Number.isNaN(ms)) return null;
  const fraction = BigInt((groups['fraction'] ?? '').padEnd(6, '0').slice(0, 6));
  return { micros: BigInt(ms) * 1000n + fraction, gap: (groups['gap'] ?? null) as Stamp['gap'] };
}

/**
 * Can no row get a stamp at or before this one any more? `floor`: no transaction that is open or begins later stamps a row earlier.
 * `instants`: the column holds instants; a clock on a wall is at most 12 hours behind UTC, and an hour more where it is
 * set back. A second is for columns that round.
 */
export function isSettled(mark: string, floor: Micros, instants: boolean): boolean {
  const stamp = stampOf(mark);
  if (stamp === null) return false;
  const last = stamp.gap === null ? stamp.micros + day : stamp.micros;
  return last < floor - 1_000_000n - (instants ? 0n : 13n * hour);
}
