import { createRequire } from 'node:module';
import type { IANAZone } from 'luxon';
import { fixedOffset } from '../../kit/time-zone.ts';

// luxon is loaded only where stamps are in a zone of their own.
const require = createRequire(import.meta.url);

const minute = 60_000;
/** Clocks are set on a quarter of an hour, so that all of it has one offset. */
const quarter = 15 * minute;
/** No zone changes its clock by more than two hours, nor twice within six. */
const nearby = 180 * minute;

/**
 * The offset from UTC, in milliseconds, of a zone's local times written as if they were UTC. A time that the
 * clock showed twice is taken for the first; one that it skipped has the offset of before, so it lies later.
 */
export function localOffset(timezone: string): (wall: number) => number {
  const fixed = fixedOffset(timezone);
  if (fixed !== null) return () => fixed;
  const zone = (require('luxon') as typeof import('luxon')).IANAZone.create(timezone);
  // Rows come in the order of their stamps: the last answer is nearly always the next one.
  let known = Number.NaN;
  let offset = 0;
  return (wall) => {
    const at = Math.floor(wall / quarter);
    if (at !== known) {
      known = at;
      offset = offsetAt(zone, wall);
    }
    return offset;
  };
}

function offsetAt(zone: IANAZone, wall: number): number {
  const about = wall - zone.offset(wall) * minute;
  const [before, after] = [zone.offset(about - nearby) * minute, zone.offset(about + nearby) * minute];
  const holds = (offset: number): boolean => zone.offset(wall - offset) * minute === offset;
  return before === after || holds(before) || !holds(after) ? before : after;
}

/** The offset, in milliseconds, that a stamp names: `Z`, `+02`, `+0530`, `-03:30`. */
export function zoneMillis(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
