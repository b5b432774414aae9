import { describe, expect, it } from 'vitest';
import { explainJob } from '../../src/engine/explain-job.ts';
import { runJobs } from '../../src/engine/run.ts';
import { validateJob } from '../../src/engine/validate.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import type { TableName } from '../../src/model/column.ts';
import type { Job } from '../../src/model/job.ts';
import type { CycleReport } from '../../src/model/report.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import { HandClock } from '../state/hand-clock.ts';
import { job } from './job.ts';
import { batchOf, scripted, scriptedHints } from './scripted.ts';

const never = new AbortController().signal;
const hour = 3_600_000;
const hourly = job({ topic: 'orders', cadence: { kind: 'every', ms: hour }, wake: { kind: 'channel', channel: 'c' }, retries: 0 });
const reportsOf = (events: readonly LiberateEvent[]): readonly CycleReport[] =>
  events.flatMap((event) => (event.type === 'cycle.end' ? [event.report] : []));

/** One job on a clock moved by hand. `during`: called in the middle of each read, with its number; a promise of it is waited for. */
async function woken(during: (read: number, ring: () => void, clock: HandClock) => unknown = () => {}) {
  const clock = new HandClock();
  const hints = scriptedHints();
  const stop = new AbortController();
  const ring = (): void => {
    for (const listener of hints.listeners) listener.hint();
  };
  let reads = 0;
  const made = await scripted(
    async function* () {
      reads += 1;
      await during(reads, ring, clock);
      yield batchOf(reads);
    },
    { clock, hints },
  );
  const running = runJobs(made.engine, [hourly], { once: false, waitForLease: true }, stop.signal);
  await clock.advance(0);
  const end = async (): Promise<void> => {
    stop.abort();
    await clock.advance(10_000);
    await running;
  };
  return { ...made, clock, hints, ring, end, starts: () => reportsOf(made.events).map(({ startedAt }) => startedAt) };
}

describe('a job that wakes', () => {
  it('polls at once at a hint, and counts its interval from there', async () => {
    const { clock, ring, end, starts } = await woken();
    const begin = clock.now();
    await clock.advance(1000);
    ring();
    await clock.advance(hour);
    expect(starts()).toEqual([begin, begin + 1000, begin + 1000 + hour]);
    await end();
  });

  it('polls once more for a hint that came while a cycle was running, and not again', async () => {
    const { clock, end, starts } = await woken((read, ring) => {
      if (read === 1) ring();
    });
    const begin = clock.now();
    await clock.advance(hour);
    expect(starts()).toEqual([begin, begin + 5]);
    await end();
  });

  it('polls at once at a hint behind a first load that took long', async () => {
    const { clock, ring, end, starts } = await woken((read, _, time) => (read === 1 ? time.sleep(800, never) : null));
    const begin = clock.now();
    await clock.advance(810);
    ring();
    await clock.advance(1);
    expect(starts()).toEqual([begin, begin + 810]);
    await end();
  });

  it('makes few polls of a storm of hints, and one at its end', async () => {
    const { clock, ring, end, starts } = await woken();
    await clock.advance(1000);
    for (let round = 0; round < 100; round += 1) {
      for (let hint = 0; hint < 10; hint += 1) ring();
      await clock.advance(1);
    }
    const last = clock.now();
    await clock.advance(1000);
    expect(starts().length).toBeLessThanOrEqual(1 + 100 / 5 + 1);
    expect(starts().at(-1)).toBeGreaterThanOrEqual(last - 5);
    await end();
  });

  it('tries again 10 s after a failure that may pass, and keeps the hint until then', async () => {
    const { clock, ring, end, events } = await woken((read) => {
      if (read === 2) throw new LiberateError('LIB210', 'cut');
    });
    const begin = clock.now();
    await clock.advance(1000);
    ring();
    await clock.advance(1);
    ring();
    await clock.advance(60_000);
    expect(reportsOf(events).map(({ outcome, startedAt }) => [outcome, startedAt - begin])).toEqual([
      ['ok', 0],
      ['failed', 1000],
      ['ok', 11_000],
    ]);
    await end();
  });

  it('leaves a failure that cannot pass to the next hint or the interval', async () => {
    const { clock, ring, end, events } = await woken((read) => {
      if (read === 2) throw new LiberateError('LIB207', 'no');
    });
    await clock.advance(1000);
    ring();
    await clock.advance(60_000);
    expect(reportsOf(events).map(({ outcome }) => outcome)).toEqual(['ok', 'failed']);
    ring();
    await clock.advance(1);
    expect(reportsOf(events).map(({ outcome }) => outcome)).toEqual(['ok', 'failed', 'ok']);
    await end();
  });

  it('says that hints have stopped and that they come again, and stops watching at its end', async () => {
    const { hints, end, events } = await woken();
    const [listener] = hints.listeners;
    listener?.trouble(new LiberateError('LIB210', 'cut'));
    listener?.trouble(null);
    expect(events.filter(({ type }) => type === 'job.warning' || type === 'job.notice')).toMatchObject([
      { type: 'job.warning', message: expect.stringContaining('wait for their `every`: LIB210') },
      { type: 'job.notice', message: 'hints of commits come again' },
    ]);
    await end();
    expect(hints.listeners.size).toBe(0);
  });
});

describe('a job that wakes', () => {
  const hints = { ...scriptedHints(), setup: (_: unknown, table: TableName | null) => `CREATE TRIGGER ON ${table?.name ?? 'TABLE'}` };
  const query = { what: { kind: 'query', text: 'SELECT 1', file: null } } as const;

  it('has the SQL that makes its tables give hints in its plan', async () => {
    const { engine, sink } = await scripted(async function* () {}, { hints });
    const wakeOf = async (some: Partial<Job>): Promise<string | null | undefined> =>
      (await explainJob({ ...hourly, ...some }, engine.source(hourly), sink, never))[0]?.wake;
    expect(await wakeOf({})).toBe('CREATE TRIGGER ON orders');
    expect(await wakeOf({ ...query, key: ['id'] })).toBe('CREATE TRIGGER ON TABLE');
    expect(await wakeOf({ wake: null })).toBeNull();
  });

  it('is told by validate that its tables need a trigger, and where its SQL is', async () => {
    const { engine } = await scripted(async function* () {}, { hints });
    const said = async (some: Partial<Job>): Promise<string> =>
      (await validateJob({ ...hourly, ...some }, engine.source(hourly), engine.sink(hourly), never)).findings
        .map(({ message }) => message)
        .join('\n');
    expect(await said({})).toContain('wake: its hints come once orders has a trigger; `liberate plan` prints the SQL');
    expect(await said(query)).toContain('once each table that the query reads has a trigger');
    expect(await said({ wake: null })).not.toContain('trigger');
  });
});
