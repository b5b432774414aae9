import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type CycleContext, runCycle } from '../../src/engine/cycle.ts';
import { newMemory } from '../../src/engine/job-memory.ts';
import { planJob } from '../../src/engine/job-plan.ts';
import { newTally } from '../../src/engine/tally.ts';
import { alone } from '../../src/engine/turn.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { batchOfRows, type Row } from '../../src/model/row.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { openSqliteState } from '../../src/state/sqlite/store.ts';
import { fenceOf } from '../contract/state-store.ts';
import { memoryMeter } from '../support/memory-meter.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { job, shape } from './job.ts';
import { noReader } from './no-reader.ts';
import { scriptedSource } from './scripted.ts';

const keys = 300_000;
const never = new AbortController().signal;
const plan = planJob({
  name: 'orders',
  job: job({ mode: 'bulk', cursor: [], batch: 10_000 }),
  relation: { kind: 'table', table: { schema: null, name: 'orders' } },
  shape: shape(),
  timezone: null,
  topicNames: { source: 'shop', schema: 'public', table: 'orders' },
});

it('remembers and compares 300,000 keys in memory that does not grow with them', { timeout: 300_000 }, async () => {
  const meter = memoryMeter(80);
  let time = 1;
  const gone = (id: number): boolean => time > 1 && id % 1000 === 7;
  const paid = (id: number): string => (time > 1 && id % 1000 === 8 ? '2.50' : '1.50');
  const row = (id: number): Row => ({
    values: [String(id), '2026-01-01T00:00:00Z', paid(id)],
    position: [String(id)],
    ahead: true,
    recent: false,
  });
  const source = scriptedSource(async function* read({ page, until, limit }: ReadRequest) {
    const last = Math.min(Number(until?.[0] ?? keys - 1), keys - 1);
    let left = limit ?? keys;
    for (let id = Number(page?.[0] ?? -1) + 1; id <= last && left > 0; ) {
      const rows: Row[] = [];
      for (; rows.length < Math.min(1000, left) && id <= last; id += 1) if (!gone(id)) rows.push(row(id));
      left -= rows.length;
      yield batchOfRows(rows, null);
      meter.look();
    }
  });
  const sent: string[] = [];
  const sink: Sink = {
    name: 'counted',
    kind: 'memory',
    schemas: null,
    check: async () => [],
    prepare: async () => [],
    look: async () => ({ exists: true, partitions: null, policy: null, findings: [] }),
    limits: () => ({ records: 5000, bytes: 1_000_000, inFlight: 2 }),
    send: async (_topic, batch) => {
      for (let at = 0; time > 1 && at < batch.count; at += 1)
        sent.push(`${String(batch.key(at))} ${batch.value(at) === null ? 'gone' : 'changed'}`);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  await using folder = await temporaryDirectory();
  await using store = openSqliteState({ kind: 'sqlite', url: join(folder.path, 'state.db'), user: null, password: null, tls: null });
  await store.open(never);
  const base = { plan, source, sink, store, observer: () => undefined, clock: systemClock, fence: await fenceOf(store, 'orders') };
  const memory = newMemory();
  const cycle = async (): Promise<number> => {
    const context: CycleContext = { ...base, tally: newTally(), memory, readBack: noReader, registry: null, turn: alone };
    await runCycle(context, await store.load('orders'), never);
    return context.tally.published;
  };
  expect(await cycle()).toBe(keys);
  const logged = await store.published.size('orders');
  expect(logged).toMatchObject({ logged: keys, entries: 0 });
  // The first comparison folds the log into buckets; the next finds everything there.
  expect(await cycle()).toBe(0);
  const folded = await store.published.size('orders');
  expect(folded).toMatchObject({ logged: 0, entries: keys });
  expect(folded.buckets.length).toBeGreaterThan(8);
  time = 2;
  expect(await cycle()).toBe(600);
  expect(sent.filter((one) => one.endsWith('gone'))).toHaveLength(300);
  expect(sent.filter((one) => one.endsWith('changed')).map((one) => Number(/\d+/.exec(one)))).toEqual(
    Array.from({ length: 300 }, (_, at) => at * 1000 + 8),
  );
  expect(await cycle()).toBe(0);
  const last = (await store.published.head('orders'))?.last;
  console.log(`${keys} keys: at most ${Math.round(meter.look())} MB more, ${folded.bytes} bytes in the state, ${last?.ms} ms`);
  expect(last).toMatchObject({ rows: keys - 300, published: 0, tombstones: 0 });
  expect(folded.bytes / keys).toBeLessThan(20);
  expect(meter.look()).toBeLessThan(80);
});
