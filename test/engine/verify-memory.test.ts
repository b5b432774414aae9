import { expect, it } from 'vitest';
import { planJob } from '../../src/engine/job-plan.ts';
import { compare, mostTogether } from '../../src/engine/verify-compare.ts';
import type { VerifyContext } from '../../src/engine/verify-context.ts';
import { newFindings, recheck } from '../../src/engine/verify-recheck.ts';
import type { DigestTable } from '../../src/engine/verify-table.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import { batchOfRows, type Row, type RowBatch } from '../../src/model/row.ts';
import type { StreamReader, StreamRecord } from '../../src/sink/stream-reader.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import { memoryMeter } from '../support/memory-meter.ts';
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

/** `events`: the topic's, a thousand keys at a time. */
async function contextOf(look: () => void, keys: number, events: (first: number) => readonly StreamRecord[]): Promise<VerifyContext> {
  const reader: StreamReader = {
    end: async () => new Map([[0, BigInt(keys)]]),
    read: async function* read(_topic, from) {
      // Nothing has come since the first look.
      if (from !== null) return;
      for (let at = 0; at < keys; at += 1000) {
        yield events(at);
        look();
      }
    },
    asRead: (published) => published,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const source = scriptedSource(async function* rows() {
    for (let at = 0; at < keys; at += 1000) {
      yield rowsFrom(at, 1000);
      look();
    }
  });
  const shared = { plan, source, store: openMemoryState(), reader, observer: () => undefined, clock: systemClock, holds: false };
  return { ...shared, progress: () => () => undefined };
}

it('folds and compares 400,000 keys in memory that does not grow with them', async () => {
  const { look } = memoryMeter(50);
  // One event is not there, and one is another's.
  const wrong: StreamRecord = { key: Buffer.from('{"id":5}'), value: Buffer.from('{"id":6}') };
  const context = await contextOf(look, keys, (first) => {
    const right = eventsFrom(first, 1000).filter(({ key }) => String(key) !== '{"id":77777}');
    return first === keys - 1000 ? [...right, wrong] : right;
  });
  const found: unknown[] = [];
  const judge = async (candidates: DigestTable): Promise<void> => {
    for (let entry = 0; entry < candidates.count; entry += 1) found.push(candidates.difference(entry));
  };
  const { rows, events } = await compare(context, await context.reader.end('orders', never), mostTogether, judge, never);
  const peak = look();
  console.log(`${keys} keys: at most ${Math.round(peak)} MB more`);
  expect([rows, events]).toEqual([keys, keys]);
  expect(found.sort()).toEqual(['missing', 'stale']);
  expect(peak).toBeLessThan(50);
}, 120_000);

it('looks again at every one of 300,000 keys that differ, so many at a time that memory is bounded', async () => {
  const { look } = memoryMeter(80);
  const differing = 300_000;
  // Half of the rows have no event, the others one of other bytes.
  const context = await contextOf(look, differing, (first) =>
    eventsFrom(first, 1000).flatMap(({ key }, at) => (at % 2 === 0 ? [] : [{ key, value: Buffer.from('other') }])),
  );
  const end = await context.reader.end('orders', never);
  const findings = newFindings(5);
  let most = 0;
  let accused = 0;
  const judge = async (candidates: DigestTable): Promise<void> => {
    most = Math.max(most, candidates.count);
    accused += (await recheck(context, candidates, end, findings, never)).accused.count;
    look();
  };
  await compare(context, end, mostTogether, judge, never);
  console.log(`${differing} differences: at most ${Math.round(look())} MB more`);
  expect(findings.counts).toEqual({ missing: differing / 2, stale: differing / 2, extra: 0, inFlight: 0, unloaded: 0, deadLetters: 0 });
  expect([accused, findings.samples.missing.length, findings.samples.stale.length]).toEqual([differing, 5, 5]);
  expect(most).toBe(mostTogether);
  expect(look()).toBeLessThan(80);
}, 120_000);
