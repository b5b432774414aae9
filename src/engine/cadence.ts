import { createRequire } from 'node:module';
import type { IANAZone } from 'luxon';
import { LiberateError } from '../kit/errors.ts';
import type { Cadence } from '../model/job.ts';

// cron-parser and luxon are loaded only where a job has a schedule.
const require = createRequire(import.meta.url);

/**
 * Cron times are found on the wall clock, where every day has 24 hours, and only then placed in time.
 * What a user gets on a day whose clock is changed, close to Vixie cron:
 *
 * - A schedule of every hour (`15 * * * *`) follows the clock: it is due whenever the clock shows a
 *   matching time, so the distance between two runs stays what it is.
 * - A schedule of chosen hours (`30 2 * * *`) is due once for each of its times: one that the clock
 *   skips is due later by what was skipped (02:30 becomes 03:30), one that it shows twice the first time.
 */
interface WallClock {
  /** The next matching time of the wall clock, written as if it were UTC. */
  next(): number;
  readonly everyHour: boolean;
}

const minute = 60_000;
/** No zone changes its clock by more than two hours, nor twice within six. */
const nearby = 180 * minute;

/**
 * Milliseconds. A timer can fire a moment before the time it was set for; ticks are whole seconds, so
 * a cycle that began so shortly before one is that tick's own.
 */
const timerSlack = 20;

/** The first due time after a moment; milliseconds since 1970. Throws when the expression never comes true (it is refused before, with the jobs file). */
export function dueAfter(cadence: Cadence, after: number): number {
  if (cadence.kind === 'every') return after + cadence.ms;
  const zone = (require('luxon') as typeof import('luxon')).IANAZone.create(cadence.timezone);
  // With its offsets NaN, no time would ever be found.
  if (!zone.isValid) throw new LiberateError('LIB103', `there is no time zone "${cadence.timezone}"`);
  const [earlier, later] = offsetsAround(zone, after);
  // A clock put back shows again what it showed before `after`; one put forward delays what it skipped.
  const clock = wallClock(cadence.expression, Math.min(after + earlier, after + later));
  let best = Number.POSITIVE_INFINITY;
  for (;;) {
    const wall = clock.next();
    const around = offsetsAround(zone, wall - zone.offset(wall) * minute);
    // The wall clock's times grow, the instants behind them only almost: stop once none can be earlier.
    if (wall - Math.max(...around) >= best) return best;
    const due = instantsOf(zone, wall, around, clock.everyHour).filter((instant) => instant > after);
    best = Math.min(best, ...due);
    if (around[0] === around[1] && best < Number.POSITIVE_INFINITY) return best;
  }
}

function wallClock(expression: string, from: number): WallClock {
  const { CronExpressionParser } = require('cron-parser') as typeof import('cron-parser');
  // A millisecond earlier, since `next` begins behind the date that it is given.
  const parsed = CronExpressionParser.parse(expression, { currentDate: new Date(from - 1), tz: 'UTC' });
  return { next: () => parsed.next().getTime(), everyHour: parsed.fields.hour.values.length === 24 };
}

/** The zone's offsets a little before and after an instant: they differ where the clock is changed. */
function offsetsAround(zone: IANAZone, instant: number): readonly [number, number] {
  return [zone.offset(instant - nearby) * minute, zone.offset(instant + nearby) * minute];
}

/** When the clock shows a time: once as a rule, twice where it is put back, never where it is put forward. */
function instantsOf(zone: IANAZone, wall: number, [earlier, later]: readonly [number, number], everyHour: boolean): readonly number[] {
  const instants = (earlier === later ? [earlier] : [earlier, later])
    .filter((offset) => zone.offset(wall - offset) * minute === offset)
    .map((offset) => wall - offset);
  if (everyHour) return instants;
  return [instants[0] ?? wall - earlier];
}

/**
 * When a job is first due: one by interval at once; one by cron at the next tick, or at once when a tick
 * was missed since it last ran. `lastRun`: start of the last cycle, null if it never ran.
 */
export function firstDue(cadence: Cadence, lastRun: number | null, now: number): number {
  if (cadence.kind === 'every') return now;
  return lastRun === null ? dueAfter(cadence, now) : Math.max(now, dueAfter(cadence, lastRun + timerSlack));
}

export interface NextDue {
  readonly due: number;
  /** Ticks came while the cycle ran: none of them is run (`skip`), or one, at once (`queue`). */
  readonly overlapped: boolean;
}

/** When a job is due after a cycle. An interval counts from the cycle's end, so it cannot overlap. */
export function nextDue(cadence: Cadence, overlap: 'skip' | 'queue', startedAt: number, endedAt: number): NextDue {
  if (cadence.kind === 'every') return { due: dueAfter(cadence, endedAt), overlapped: false };
  const due = dueAfter(cadence, startedAt + timerSlack);
  if (due > endedAt) return { due, overlapped: false };
  return { due: overlap === 'queue' ? endedAt : dueAfter(cadence, endedAt), overlapped: true };
}

/** Bounds of the distance from a cycle to the next that a hint starts, in milliseconds, and the distance after a failure. */
const shortestRest = 5;
const longestRest = 1000;
const restAfterFailure = 10_000;
/** Milliseconds of hinted cycles that are owed no rest: commits now and then are not a storm. */
const freeOfRest = 250;

/** The rest that the source is owed for the cycles that hints have started. */
export interface Rest {
  readonly owedMs: number;
  /** When that was so. */
  readonly at: number;
  /** The first moment for a hint to start a cycle. */
  readonly earliest: number;
}

export const noRest = (now: number): Rest => ({ owedMs: 0, at: now, earliest: now });

/**
 * The rest that is owed after a cycle: as long as those took that hints have started, less the time that has gone by between them. So under
 * a storm of hints polls become fewer and larger, and take up to half of the time. What was due anyway (a first load, the interval) is
 * owed none: the commits behind it would wait for as long as it took. `failed`: each hint would meet the same failure again.
 */
export function restAfter({ owedMs, at }: Rest, startedAt: number, endedAt: number, hinted: boolean, failed: boolean): Rest {
  const left = Math.max(0, owedMs - Math.max(0, startedAt - at));
  const took = hinted ? endedAt - startedAt : 0;
  const owed = Math.min(longestRest + freeOfRest, left + took);
  const rest = failed ? restAfterFailure : Math.min(longestRest, Math.max(shortestRest, owed - freeOfRest));
  return { owedMs: owed, at: endedAt, earliest: endedAt + rest };
}

/**
 * The interval to the next poll, between the bounds that the user gives: the shortest after one that found something or
 * failed, and after each that found nothing twice the last. Of a schedule it stays what it is.
 */
export function paced(cadence: Cadence, last: Cadence, busy: boolean): Cadence {
  if (cadence.kind !== 'every' || cadence.most === undefined || last.kind !== 'every' || busy) return cadence;
  return { ...cadence, ms: Math.min(cadence.most, last.ms * 2) };
}

/** Milliseconds: the most that a poll waits for others that fall due at about the same time. */
const longestWait = 25;
/** Milliseconds: the longest interval that has a beat. Hourly jobs of many processes would all ask in one moment. */
const longestBeat = 60_000;

/**
 * Jobs of one interval wake together, and stay so: a thousand timers a second, each with a wake-up of its own, cost more
 * than their polls. Never early, and late by a fortieth of the interval at most.
 */
export function aligned(cadence: Cadence, due: number): number {
  const grid = gridOf(cadence);
  return grid < 2 ? due : Math.ceil(due / grid) * grid;
}

/**
 * When a job whose cycle found nothing is due: at the next beat of its interval, which all such jobs share, so that their polls are one
 * round trip. It is early once, until the job has found the beat, and from then on counts from the cycle's due time, not from
 * its end: so the cycle must have been short. Otherwise it is aligned like others.
 */
export function onBeat(cadence: Cadence, startedAt: number, endedAt: number, due: number): number {
  const grid = gridOf(cadence);
  if (cadence.kind !== 'every' || grid < 2 || cadence.ms > longestBeat || endedAt - startedAt > cadence.ms / 10)
    return aligned(cadence, due);
  return Math.floor((endedAt + cadence.ms + grid) / cadence.ms) * cadence.ms;
}

const gridOf = (cadence: Cadence): number => (cadence.kind === 'every' ? Math.min(longestWait, Math.floor(cadence.ms / 40)) : 0);
