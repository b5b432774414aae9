import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkStream } from '../integrity/checker.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { ModelPoller, openJob } from './poller.ts';
import { calm, history, type Poll, type Write } from './steps.ts';
import { ModelTable } from './table.ts';

const versionOf = (value: string): number => (JSON.parse(value) as { readonly version: number }).version;

const numRuns = Number(process.env['LIBERATE_TEST_RUNS'] ?? 150);

/** Marks are SQL literals: stamps compare as text, ids as numbers. */
function goesBack([stamp = '', id = '']: readonly string[], [nextStamp = '', nextId = '']: readonly string[]): boolean {
  if (/^\d+$/.test(stamp)) return Number(nextStamp) < Number(stamp);
  return nextStamp < stamp || (nextStamp === stamp && Number(nextId) < Number(id));
}

describe.each([
  { mode: 'timestamp', job: { cursor: 'updated_at', lookback: '5s', order: 'relaxed' }, appends: false },
  {
    mode: 'timestamp+incrementing',
    job: { mode: 'timestamp+incrementing', cursor: 'updated_at', increment: 'id', lookback: '5s', order: 'relaxed' },
    appends: false,
  },
  { mode: 'timestamp in strict order', job: { cursor: 'updated_at', lookback: '5s', order: 'strict' }, appends: false },
  { mode: 'incrementing', job: { cursor: 'id', lookback: '5s', order: undefined }, appends: true },
])('a SQLite table polled by $mode', ({ job, appends }) => {
  let directory: TemporaryDirectory;
  beforeAll(async () => {
    directory = await temporaryDirectory();
  });
  afterAll(async () => {
    await directory[Symbol.asyncDispose]();
  });

  it(
    'is what its stream folds to, through late rows, ties, restarts and crashes; read again unchanged it publishes nothing',
    async () => {
      const path = join(directory.path, 'model.db');
      new ModelTable(path, appends).close();
      await using opened = await openJob(path, job);
      const run = async (steps: readonly (Write | Poll)[], batch: number): Promise<void> => {
        const table = new ModelTable(path, appends);
        try {
          const poller = new ModelPoller(opened, table, batch);
          let mark: readonly string[] | null = null;
          const poll = async (one: Poll): Promise<number> => {
            const report = await poller.poll(one);
            if (one.crash === null) expect(report).toMatchObject({ outcome: 'ok' });
            const stored = (await poller.stored())?.mark ?? null;
            if (mark !== null) expect(stored === null || goesBack(mark, stored)).toBe(false);
            mark = stored;
            return report.published;
          };
          for (const step of steps) {
            if (step.kind === 'poll') await poll(step);
            else table.apply(step);
          }
          // What strict order holds back comes once the look-back has passed.
          if (job.order === 'strict') table.apply({ kind: 'wait', ms: 6000 });
          await poll({ ...calm, restart: true });
          const verdict = checkStream(poller.events(), table.content(), versionOf);
          expect(verdict).toMatchObject({ missing: [], stale: [], extra: [], reordered: [] });
          if (!steps.some((step) => step.kind === 'poll' && step.crash !== null)) {
            expect(verdict.repeated).toEqual([]);
          }
          for (const quiet of [{ ...calm, deeper: 50_000 }, { ...calm, restart: true }, calm, { ...calm, deeper: 10_000 }, calm]) {
            expect(await poll(quiet)).toBe(0);
            table.apply({ kind: 'wait', ms: 1000 });
          }
        } finally {
          table.close();
        }
      };
      await fc.assert(
        fc.asyncProperty(history, fc.integer({ min: 1, max: 7 }), (steps, batch) => run(steps, batch)),
        { numRuns },
      );
    },
    numRuns * 400,
  );
});
