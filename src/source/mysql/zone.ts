import { LiberateError } from '../../kit/errors.ts';
import { fixedOffset } from '../../kit/time-zone.ts';
import type { Micros } from '../../model/watermark.ts';

/** Microseconds to add to UTC for the local time of an instant. */
export type Zone = (instant: Micros) => Micros;

const minute = 60_000_000n;

/** `Europe/Berlin`, `UTC`, `+02:00`. LIB103 for what is no zone. */
export function zoneOf(name: string): Zone {
  const fixed = fixedOffset(name);
  if (fixed !== null) return () => BigInt(fixed) * 1000n;
  const format = formatOf(name);
  return (instant) => {
    const parts = format.formatToParts(Number(instant / 1000n));
    const offset = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const [, sign, hours, minutes, seconds] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(offset) ?? [];
    if (sign === undefined) return 0n;
    const size = BigInt(hours as string) * 60n * minute + BigInt(minutes as string) * minute + BigInt(seconds ?? 0) * 1_000_000n;
    return sign === '-' ? -size : size;
  };
}

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch (cause) {
    throw new LiberateError('LIB103', `timezone: "${name}" is not a time zone`, {
      cure: 'Use a name such as Europe/Berlin, or an offset such as +02:00.',
      cause,
    });
  }
}

const hour = 60n * minute;

/**
 * A lower bound, as microseconds, of every local time from the instant on. A clock that is set back repeats an
 * hour: what is written in its second pass has local times before those of the instant's own.
 */
export function earliestLocal(instant: Micros, zone: Zone): Micros {
  const now = instant + zone(instant);
  const later = instant + zone(instant + hour);
  return later < now ? later : now;
}

/** Microseconds since 1970 → `2026-01-01 10:00:00.123456`, without a float on the way. */
export function stampText(micros: Micros): string {
  const million = 1_000_000n;
  const fraction = ((micros % million) + million) % million;
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString();
  return `${seconds.slice(0, 10)} ${seconds.slice(11, 19)}.${String(fraction).padStart(6, '0')}`;
}
