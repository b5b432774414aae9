import { describe, expect, it } from 'vitest';
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

/** One job on a clock moved by hand. `during`: called in the middle of each read, with its number. */
async function woken(during: (read: number, ring: () => void) => void = () => {}) {
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
      during(reads, ring);
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

describe('validate', () => {
  it('prints the SQL that makes the tables give hints, for a job that wakes', async () => {
    const hints = { ...scriptedHints(), setup: (_: unknown, table: TableName | null) => `CREATE TRIGGER ON ${table?.name ?? 'TABLE'}` };
    const { engine } = await scripted(async function* () {}, { hints });
    const said = async (some: Partial<Job>): Promise<readonly string[]> =>
      (await validateJob({ ...hourly, ...some }, engine.source(hourly), never)).findings.map(({ message }) => message);
    expect(await said({})).toContain('wake: its hints come once this was run for orders:\nCREATE TRIGGER ON orders');
    expect(await said({ what: { kind: 'query', text: 'SELECT 1', file: null } })).toContain(
      'wake: its hints come once this was run for each TABLE that the query reads:\nCREATE TRIGGER ON TABLE',
    );
    expect((await said({ wake: null })).join()).not.toContain('TRIGGER');
  });
});
