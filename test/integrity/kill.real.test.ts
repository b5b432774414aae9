import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createPostgres, type TestDatabase } from '../support/databases.ts';
import { counts } from './checker.ts';
import { type KillResult, killRepeatedly } from './kill-run.ts';
import { mostInASecond, summary } from './kill-summary.ts';

const seed = Number(process.env.LIBERATE_TEST_SEED ?? 1);
const kills = 25;

describe(`liberate killed ${kills} times while it loads, polls and backfills into Kafka and NDJSON`, () => {
  let db: TestDatabase;
  let result: KillResult;

  beforeAll(async () => {
    db = await createPostgres();
    result = await killRepeatedly({ db, brokers: inject('servers').kafka.brokers, kills, seed, rows: 12_000 });
    console.log(summary(result));
  }, 600_000);
  afterAll(async () => {
    await db[Symbol.asyncDispose]();
  });

  it('was killed in the middle of the load, of polling and of a backfill', () => {
    const { kills: told } = result;
    expect(told.some(({ phase, published }) => phase === 'load' && published > 0)).toBe(true);
    expect(told.some(({ phase, repeats }) => phase === 'poll' && repeats > 0)).toBe(true);
    expect(told.some(({ phase, published }) => phase === 'backfill' && published > 0)).toBe(true);
  });

  it.each(['kafka', 'ndjson'] as const)('loses nothing in %s', (sink) => {
    expect(counts(result.verdicts[sink])).toMatchObject({ missing: 0, stale: 0, extra: 0 });
  });

  it('never saves a mark that has passed a row which was not acknowledged', () => {
    expect(result.kills.flatMap(({ broken }) => broken)).toEqual([]);
  });

  it('repeats no more than what one second publishes and what is on its way', () => {
    for (const sink of ['kafka', 'ndjson'] as const) {
      const own = result.kills.filter((kill) => kill.sink === sink && kill.phase !== 'backfill');
      // One batch is on its way at most; the commit comes with the first acknowledgement after its second.
      const onTheWay = sink === 'kafka' ? 500 : 5000;
      for (const kill of own) expect(kill.repeats).toBeLessThanOrEqual(1.5 * mostInASecond(own) + 2 * onTheWay);
    }
  });
});
