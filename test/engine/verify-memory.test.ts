import { expect, it } from 'vitest';
import { planJob } from '../../src/engine/job-plan.ts';
import { compare } from '../../src/engine/verify-compare.ts';
import type { VerifyContext } from '../../src/engine/verify-context.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import { batchOfRows, type Row, type RowBatch } from '../../src/model/row.ts';
import type { StreamReader, StreamRecord } from '../../src/sink/stream-reader.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import { job, shape } from './job.ts';
import { scriptedSource } from './scripted.ts';

const keys = 400_000;
const never = new AbortController().signal;
const plan = planJob({
  name: 'orders',
  job: job(),
  relation: { kind: 'table', table: { schema: null, name: 'orders' } },
  shape: shape(),
  timezone: null,
  topicNames: { source: 'shop', schema: 'public', table: 'orders' },
});

function rowsFrom(first: number, amount: number): RowBatch {
  const row = (id: number): Row => ({ values: [String(id), '2026-01-01T00:00:00Z', '1.50'], position: [], ahead: true, recent: false });
  return batchOfRows(
    Array.from({ length: amount }, (_, at) => row(first + at)),
    null,
  );
}

function eventsFrom(first: number, amount: number): readonly StreamRecord[] {
  const events = new RecordBatch({});
  const rows = rowsFrom(first, amount);
  for (let at = 0; at < amount; at += 1) plan.encoder.append(rows, at, 0, events);
  return [...events.records()];
}

it('folds and compares 400,000 keys in memory that does not grow with them', async () => {
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 1e6;
  };
  const before = used();
  let peak = 0;
  const reader: StreamReader = {
    end: async () => new Map([[0, BigInt(keys)]]),
    read: async function* read() {
      for (let at = 0; at < keys; at += 1000) {
        // One event is not there, and one is another's.
        yield eventsFrom(at, 1000).filter(({ key }) => String(key) !== '{"id":77777}');
        peak = Math.max(peak, used() - before);
      }
      yield [{ key: Buffer.from('{"id":5}'), value: Buffer.from('{"id":6}') }];
    },
    asRead: (published) => published,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const source = scriptedSource(async function* rows() {
    for (let at = 0; at < keys; at += 1000) {
      yield rowsFrom(at, 1000);
      peak = Math.max(peak, used() - before);
    }
  });
  const store = openMemoryState();
  const context: VerifyContext = {
    plan,
    source,
    store,
    reader,
    observer: () => undefined,
    clock: systemClock,
    holds: false,
    progress: () => () => undefined,
  };
  const { rows, events, candidates } = await compare(context, await reader.end('orders', never), never);
  peak = Math.max(peak, used() - before);
  console.log(`${keys} keys: at most ${Math.round(peak)} MB more`);
  expect([rows, events]).toEqual([keys, keys]);
  expect([0, 1].map((entry) => candidates.difference(entry)).sort()).toEqual(['missing', 'stale']);
  expect(candidates.count).toBe(2);
  expect(peak).toBeLessThan(50);
}, 120_000);
