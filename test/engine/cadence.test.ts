import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aligned, dueAfter, firstDue, nextDue, noRest, onBeat, paced, type Rest, restAfter } from '../../src/engine/cadence.ts';
import type { Cadence } from '../../src/model/job.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const cron = (expression: string, timezone = 'UTC'): Cadence => ({ kind: 'cron', expression, timezone });
const at = (text: string): number => Date.parse(text);
const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

function ticks(cadence: Cadence, from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (let tick = dueAfter(cadence, from); tick <= to; tick = dueAfter(cadence, tick)) found.push(tick);
  return found;
}

/** What the clock of a zone shows, by the system's own data: `2026-03-29 02:30`. */
function wallReader(timezone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (instant) => format.format(new Date(instant));
}

interface Schedule {
  readonly expression: string;
  readonly everyHour: boolean;
  /** Does a clock that shows this match? */
  matches(wall: string): boolean;
}

const minuteOf = (wall: string): number => Number(wall.slice(14, 16));
const schedules: readonly Schedule[] = [
  { expression: '*/5 * * * *', everyHour: true, matches: (wall) => minuteOf(wall) % 5 === 0 },
  { expression: '0 * * * *', everyHour: true, matches: (wall) => minuteOf(wall) === 0 },
  { expression: '30 2 * * *', everyHour: false, matches: (wall) => wall.endsWith(' 02:30') },
  { expression: '15 0 * * *', everyHour: false, matches: (wall) => wall.endsWith(' 00:15') },
  { expression: '20,45 0-3 * * *', everyHour: false, matches: (wall) => /0[0-3]:(20|45)$/.test(wall) },
  { expression: '0 0 1 * *', everyHour: false, matches: (wall) => wall.endsWith('-01 00:00') },
];

/** Steps a minute at a time and reads the clock, in the words of the rule that `cadence.ts` gives to users. */
function oracle({ everyHour, matches }: Schedule, timezone: string, from: number, to: number): readonly number[] {
  const wallAt = wallReader(timezone);
  const due = new Set<number>();
  const shown = new Set<string>();
  for (let now = from - day; now <= to + day; now += minute) {
    const wall = wallAt(now);
    const again = shown.has(wall);
    shown.add(wall);
    if (matches(wall) && (everyHour || !again)) due.add(now);
    if (everyHour) continue;
    // The times that the clock skips just before this minute, each later by the length of the gap.
    const gap = at(`${wall.replace(' ', 'T')}Z`) - at(`${wallAt(now - minute).replace(' ', 'T')}Z`) - minute;
    for (let skipped = 0; skipped < gap; skipped += minute) {
      const never = iso(at(`${wall.replace(' ', 'T')}Z`) - gap + skipped)
        .slice(0, 16)
        .replace('T', ' ');
      if (matches(never)) due.add(now + skipped);
    }
  }
  return [...due].filter((instant) => instant > from && instant <= to).sort((a, b) => a - b);
}

const weekends: readonly (readonly [zone: string, what: string, from: string])[] = [
  ['Europe/Berlin', 'put forward', '2026-03-28T00:00:00Z'],
  ['Europe/Berlin', 'put back', '2026-10-24T00:00:00Z'],
  ['America/New_York', 'put forward', '2026-03-07T00:00:00Z'],
  ['America/New_York', 'put back', '2026-10-31T00:00:00Z'],
  ['Australia/Lord_Howe', 'put forward by half an hour', '2026-10-02T12:00:00Z'],
  ['Australia/Lord_Howe', 'put back by half an hour', '2026-04-03T12:00:00Z'],
  ['Asia/Tehran', 'put forward at midnight', '2022-03-20T12:00:00Z'],
  ['Asia/Tehran', 'put back at midnight', '2022-09-20T12:00:00Z'],
  ['America/Sao_Paulo', 'put forward at midnight', '2018-11-03T00:00:00Z'],
  ['America/Sao_Paulo', 'put back at midnight', '2019-02-16T00:00:00Z'],
  ['Asia/Kathmandu', 'left alone', '2026-10-31T00:00:00Z'],
  ['UTC', 'left alone', '2026-10-31T00:00:00Z'],
];

describe('a cron cadence', () => {
  for (const [zone, what, start] of weekends) {
    it.each(schedules)(`is due minute by minute as the clock of ${zone} shows, ${what}: $expression`, (schedule) => {
      const from = at(start);
      const to = from + 3 * day;
      expect(ticks(cron(schedule.expression, zone), from, to).map(iso)).toEqual(oracle(schedule, zone, from, to).map(iso));
    });

    it(`gives the same ticks from whatever moment it is asked, ${zone}, ${what}`, () => {
      const from = at(start);
      for (const { expression } of schedules) {
        const cadence = cron(expression, zone);
        const all = ticks(cadence, from, from + 3 * day);
        for (let after = from; after < from + 2 * day; after += 37 * minute + 1234) {
          const due = dueAfter(cadence, after);
          const known = all.find((tick) => tick > after);
          if (known !== undefined) expect(iso(due)).toBe(iso(known));
        }
      }
    });
  }

  it('runs a time that the clock skips an hour later, and one that it shows twice once', () => {
    const nightly = cron('30 2 * * *', 'Europe/Berlin');
    expect(ticks(nightly, at('2026-03-28T12:00:00Z'), at('2026-03-30T12:00:00Z')).map(iso)).toEqual([
      '2026-03-29T01:30:00Z', // 03:30 by the clock
      '2026-03-30T00:30:00Z',
    ]);
    expect(ticks(nightly, at('2026-10-24T12:00:00Z'), at('2026-10-26T12:00:00Z')).map(iso)).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ]);
  });

  it('keeps the distance of an hourly job when the clock is changed by an hour', () => {
    for (const month of ['2026-03-28', '2026-10-24']) {
      const all = ticks(cron('0 * * * *', 'Europe/Berlin'), at(`${month}T00:00:00Z`), at(`${month}T00:00:00Z`) + 2 * day);
      expect(all).toHaveLength(48);
    }
  });

  it('runs a skipped time that meets another of its own times once', () => {
    const both = ticks(cron('30 2,3 * * *', 'Europe/Berlin'), at('2026-03-28T12:00:00Z'), at('2026-03-29T12:00:00Z'));
    expect(both.map(iso)).toEqual(['2026-03-29T01:30:00Z']);
  });

  it.each([
    ['15,45 30 4 * * *', ['2026-11-21T04:30:15Z', '2026-11-21T04:30:45Z', '2026-11-22T04:30:15Z']],
    ['0 0 L * *', ['2026-11-30T00:00:00Z', '2026-12-31T00:00:00Z', '2027-01-31T00:00:00Z']],
    ['0 6 * feb-mar mon', ['2027-02-01T06:00:00Z', '2027-02-08T06:00:00Z', '2027-02-15T06:00:00Z']],
    ['0 0 * * 5L', ['2026-11-27T00:00:00Z', '2026-12-25T00:00:00Z', '2027-01-29T00:00:00Z']],
    ['0 0 * * 1#1', ['2026-12-07T00:00:00Z', '2027-01-04T00:00:00Z', '2027-02-01T00:00:00Z']],
    ['0 0 29 2 *', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z', '2036-02-29T00:00:00Z']],
    ['0 0 13 * fri', ['2026-11-27T00:00:00Z', '2026-12-04T00:00:00Z', '2026-12-11T00:00:00Z']],
  ])('reads %s', (expression, expected) => {
    let after = at('2026-11-21T00:00:00Z');
    const found = expected.map(() => {
      after = dueAfter(cron(expression), after);
      return iso(after);
    });
    expect(found).toEqual(expected);
  });

  it.each(['0 0 30 2 *', '0 0 31 4,6 *', '61 * * * *', 'every day'])('refuses %s, which never comes true', (expression) => {
    expect(() => dueAfter(cron(expression), 0)).toThrow();
  });

  it('refuses a time zone that is none', () => {
    expect(() => dueAfter(cron('* * * * *', 'Mars/Olympus'), 0)).toThrow('there is no time zone "Mars/Olympus"');
  });

  const field = (low: number, high: number): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('*') },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`) },
      { weight: 2, arbitrary: fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 }).map(String) },
    );
  const anyCron = fc
    .tuple(
      field(0, 59),
      field(0, 23),
      field(1, 28),
      field(1, 12),
      field(0, 6),
      fc.constantFrom('Europe/Berlin', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'Antarctica/Troll', 'America/St_Johns', 'UTC'),
    )
    .map(([minutes, hours, days, months, weekdays, zone]) => cron(`${minutes} ${hours} ${days} ${months} ${weekdays}`, zone));
  const moment = fc.integer({ min: at('2015-01-01T00:00:00Z'), max: at('2035-01-01T00:00:00Z') });

  it('is always due after the moment given, strictly growing, on a whole minute', () => {
    fc.assert(
      fc.property(anyCron, moment, (cadence, start) => {
        let before = start;
        for (let n = 0; n < 5; n += 1) {
          const due = dueAfter(cadence, before);
          expect(due).toBeGreaterThan(before);
          expect(due % minute).toBe(0);
          before = due;
        }
      }),
    );
  });

  it('is due at the same tick from any moment before it and after the one before', () => {
    fc.assert(
      fc.property(anyCron, moment, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (cadence, start, share) => {
        const first = dueAfter(cadence, start);
        const second = dueAfter(cadence, first);
        expect(dueAfter(cadence, first + Math.floor((second - first) * share))).toBe(second);
      }),
    );
  });
});

describe('the first due time', () => {
  const hourly = cron('0 * * * *');
  const now = at('2026-11-21T10:20:00Z');

  it('of an interval is at once', () => {
    expect(firstDue({ kind: 'every', ms: 5000 }, null, now)).toBe(now);
    expect(firstDue({ kind: 'every', ms: 5000 }, now - 1, now)).toBe(now);
  });

  it('of a job that never ran is the next tick', () => {
    expect(iso(firstDue(hourly, null, now))).toBe('2026-11-21T11:00:00Z');
  });

  it('is the next tick when none was missed', () => {
    expect(iso(firstDue(hourly, at('2026-11-21T10:00:00Z'), now))).toBe('2026-11-21T11:00:00Z');
  });

  it('is at once when a tick was missed, and many missed ticks become one', () => {
    expect(firstDue(hourly, at('2026-11-21T09:00:00Z'), now)).toBe(now);
    const first = firstDue(hourly, at('2026-11-11T09:00:00Z'), now);
    expect(first).toBe(now);
    expect(iso(nextDue(hourly, 'queue', first, first + 1000).due)).toBe('2026-11-21T11:00:00Z');
  });

  it('does not take a tick for missed that a timer began a millisecond early', () => {
    expect(iso(firstDue(hourly, at('2026-11-21T10:00:00Z') - 1, now))).toBe('2026-11-21T11:00:00Z');
  });
});

describe('the next due time', () => {
  const everyMinute = cron('* * * * *');
  const start = at('2026-11-21T10:00:00Z');

  it('of an interval counts from the end and never overlaps', () => {
    expect(nextDue({ kind: 'every', ms: 5000 }, 'skip', start, start + 60_000)).toEqual({ due: start + 65_000, overlapped: false });
  });

  it('is the next tick when the cycle ended before it', () => {
    expect(nextDue(everyMinute, 'skip', start, start + 59_999)).toEqual({ due: start + minute, overlapped: false });
  });

  it('leaves out the ticks that came while the cycle ran', () => {
    expect(nextDue(everyMinute, 'skip', start, start + 150_000)).toEqual({ due: start + 3 * minute, overlapped: true });
  });

  it('runs one of them at once with overlap: queue', () => {
    expect(nextDue(everyMinute, 'queue', start, start + 150_000)).toEqual({ due: start + 150_000, overlapped: true });
  });

  it('counts a cycle that a timer began a millisecond early as its own tick', () => {
    expect(nextDue(everyMinute, 'skip', start - 1, start - 1)).toEqual({ due: start + minute, overlapped: false });
    expect(nextDue(everyMinute, 'skip', start - 1, start + 500)).toEqual({ due: start + minute, overlapped: false });
  });

  it('comes after the end of the cycle, or is that end, and misses no tick but the overlapped', () => {
    const duration = fc.integer({ min: 0, max: 10 * minute });
    fc.assert(
      fc.property(
        fc.constantFrom('skip' as const, 'queue' as const),
        fc.integer({ min: 0, max: 59_000 }),
        duration,
        (overlap, late, ms) => {
          const ended = start + late + ms;
          const { due, overlapped } = nextDue(everyMinute, overlap, start + late, ended);
          expect(overlapped).toBe(Math.floor(ended / minute) > Math.floor(start / minute));
          expect(due).toBe(overlapped && overlap === 'queue' ? ended : (Math.floor(ended / minute) + 1) * minute);
        },
      ),
    );
  });
});

describe('the first moment for a hint to start a cycle', () => {
  const now = at('2026-11-21T10:00:00Z');

  const well = { hinted: true, failed: false };
  const rested = (rest: Rest, startedAt: number, took: number, { hinted, failed } = well): Rest =>
    restAfter(rest, startedAt, startedAt + took, hinted, failed);

  /** Rests after hinted cycles of that length, one as soon after the other as may be. */
  const stormOf = (took: number, cycles: number): readonly number[] => {
    let rest = noRest(now);
    return Array.from({ length: cycles }, () => {
      rest = rested(rest, rest.earliest, took);
      return rest.earliest - rest.at;
    });
  };

  it('is 5 ms after a cycle while hints come now and then', () => {
    let rest = noRest(now);
    for (let start = now; start < now + 60_000; start += 150) {
      rest = rested(rest, start, 60);
      expect(rest.earliest).toBe(start + 60 + 5);
    }
  });

  it('is as long after a cycle as it took once a storm goes on, but neither less than 5 ms nor more than a second', () => {
    expect([0, 1, 40, 60_000].map((took) => stormOf(took, 1000).at(-1))).toEqual([5, 5, 40, 1000]);
    expect(stormOf(100, 6)).toEqual([5, 5, 40, 100, 100, 100]);
  });

  it('is 5 ms after a first load and after each poll that no hint has started, however long they took', () => {
    const loaded = rested(noRest(now), now, 60_000, { ...well, hinted: false });
    expect(loaded.earliest).toBe(now + 60_005);
    expect(rested(loaded, loaded.at, 400, { ...well, hinted: false }).earliest).toBe(now + 60_405);
  });

  it('does not grow by a clock that is set back', () => {
    const back = now - 3_600_000;
    expect(rested(rested(noRest(now), now, 200), back, 20).earliest).toBe(back + 20 + 5);
  });

  it('is 10 s after a cycle that failed', () => {
    expect(rested(noRest(now), now, 40, { hinted: true, failed: true }).earliest).toBe(now + 40 + 10_000);
  });
});

describe('due times of jobs that share an interval', () => {
  it('are brought together, never early, and late by a fortieth of the interval at most', () => {
    const every = (ms: number) => ({ kind: 'every', ms }) as const;
    for (const ms of [80, 200, 1000, 60_000]) {
      for (let due = 1_700_000_000_000; due < 1_700_000_000_100; due += 7) {
        const at = aligned(every(ms), due);
        expect(at).toBeGreaterThanOrEqual(due);
        expect(at - due).toBeLessThan(Math.min(25, ms / 40));
        expect(aligned(every(ms), at)).toBe(at);
      }
    }
    expect(new Set([1, 7, 20, 25].map((late) => aligned(every(1000), 1_700_000_000_000 + late)))).toEqual(new Set([1_700_000_000_025]));
  });

  it('are left alone where the interval is shorter than what could be won, and on a schedule', () => {
    expect(aligned({ kind: 'every', ms: 20 }, 1_700_000_000_003)).toBe(1_700_000_000_003);
    expect(aligned({ kind: 'cron', expression: '* * * * *', timezone: 'UTC' }, 1_700_000_000_003)).toBe(1_700_000_000_003);
  });
});

describe('the beat of jobs that find nothing', () => {
  const every = (ms: number) => ({ kind: 'every', ms }) as const;

  it('is found by each after one poll at most, early and never late, and then kept to the millisecond', () => {
    const dues = new Set<number>();
    for (let start = 1_700_000_000_000; start < 1_700_000_001_000; start += 37) {
      let due = onBeat(every(1000), start, start + 8, start + 1008);
      expect(due - start).toBeLessThanOrEqual(1008 + 25);
      expect(due).toBeGreaterThan(start);
      for (let poll = 0; poll < 3; poll += 1) {
        // A timer can fire a moment early, or late.
        const began = due + ((poll * 7) % 15) - 1;
        const next = onBeat(every(1000), began, began + 8, began + 1008);
        expect(next - due).toBe(1000);
        due = next;
      }
      dues.add(due % 1000);
    }
    expect(dues.size).toBe(1);
  });

  it('is left by a poll that took long: the source rests as long as the interval says', () => {
    expect(onBeat(every(1000), 1_700_000_000_000, 1_700_000_000_900, 1_700_000_001_900)).toBe(1_700_000_001_900);
  });

  it('is not that of intervals longer than a minute, of very short ones, nor of a schedule', () => {
    const now = 1_700_000_000_003;
    for (const ms of [20, 61_000, 3_600_000]) expect(onBeat(every(ms), now, now + 1, now + 1 + ms)).toBe(aligned(every(ms), now + 1 + ms));
    expect(onBeat(cron('* * * * *'), now, now + 1, now + 500)).toBe(now + 500);
  });
});

describe('an interval with two bounds', () => {
  const bounds = { kind: 'every', ms: 200, most: 1000 } as const;

  it('grows while nothing is found, and is the shortest again at once', () => {
    const intervals: number[] = [];
    let pace: Cadence = bounds;
    for (const busy of [false, false, false, false, true, false]) {
      pace = paced(bounds, pace, busy);
      if (pace.kind === 'every') intervals.push(pace.ms);
    }
    expect(intervals).toEqual([400, 800, 1000, 1000, 200, 400]);
  });

  it('is no other where one is given, nor on a schedule', () => {
    const one = { kind: 'every', ms: 200 } as const;
    expect(paced(one, one, false)).toEqual(one);
    const cron = { kind: 'cron', expression: '* * * * *', timezone: 'UTC' } as const;
    expect(paced(cron, cron, false)).toEqual(cron);
  });
});
