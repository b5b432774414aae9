import { throwIfAborted } from '../kit/abort.ts';
import { RecordBatch } from '../model/record-batch.ts';
import type { Watermark } from '../model/watermark.ts';
import { type ReadRequest, smallPage } from '../query/request.ts';
import type { CycleContext } from './cycle.ts';
import { putEventDigest } from './event-digest.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import type { KeySpill } from './key-spill.ts';
import { openLog } from './published-log.ts';
import { readSegment } from './published-segment.ts';
import { nextLimit } from './read-pages.ts';
import { encodeOf } from './record.ts';
import { digestWords, putDigest, recordWords } from './verify-digest.ts';
import type { Spill } from './verify-spill.ts';

/** Words of a row's record: digests of key and value, and the number of its chunk. */
export const rowWords = recordWords + 1;
/** Rows that are read again together when one of them differs. */
const chunkRows = 1000;
/** Segments of the log that are read together. */
const logPage = 50;

/** `keys`: all rows in key order, so that a row whose cursor changes meanwhile keeps its place and is met once. */
export function keysRequest(plan: JobPlan): Omit<ReadRequest, 'page' | 'limit'> {
  return requestOf(plan, { key: plan.key, window: { kind: 'keys' } });
}

/** The log up to a number; a slice a page of it. */
export async function* readLog(context: CycleContext, upto: number, into: KeySpill, signal: AbortSignal): AsyncGenerator<'slice', void> {
  const { plan, store } = context;
  const record = new Uint32Array(recordWords);
  for (let after = 0; ; ) {
    throwIfAborted(signal);
    const segments = await store.published.log(plan.name, after, upto, logPage);
    for (const { seq, sure, data } of segments) {
      readSegment(data, sure, (key, digest) => {
        putDigest(key, record, 0);
        record.set(digest, digestWords);
        into.add(key, seq, record);
      });
      after = seq;
    }
    if (segments.length < logPage) return;
    yield 'slice';
  }
}

/**
 * The relation in pages, each a statement of its own. Returns the last position of each chunk. A row that is there all
 * along is met exactly once, whatever happens beside: so one that was not met was not there when its page was read.
 */
export async function* readChunks(context: CycleContext, into: Spill, signal: AbortSignal): AsyncGenerator<'slice', readonly Watermark[]> {
  const { plan, source } = context;
  const { seed } = await openLog(context);
  const request = keysRequest(plan);
  const encode = encodeOf(plan);
  const record = new Uint32Array(rowWords);
  const event = new RecordBatch({});
  const ends: Watermark[] = [];
  let page: Watermark | null = null;
  let limit = Math.min(smallPage, plan.job.batch);
  let since = 0;
  for (;;) {
    const from = performance.now();
    let rows = 0;
    for await (const batch of source.read({ ...request, page, limit }, signal)) {
      throwIfAborted(signal);
      // Rows that are compared in an old shape are all as they were, whatever has changed.
      if (batch.count > 0) await batch.confirm?.();
      for (let at = 0; at < batch.count; at += 1) {
        event.clear();
        encode(batch, at, event);
        putDigest(event.key(0) as Buffer, record, 0);
        putEventDigest(event, seed, record, digestWords);
        record[recordWords] = ends.length;
        into.add(record);
      }
      if (batch.count === 0) continue;
      rows += batch.count;
      since += batch.count;
      page = batch.position(batch.count - 1);
      if (since < chunkRows) continue;
      ends.push(page);
      since = 0;
    }
    if (rows < limit) {
      if (since > 0 && page !== null) ends.push(page);
      return ends;
    }
    limit = nextLimit(limit, performance.now() - from, plan.job.batch);
    yield 'slice';
  }
}
