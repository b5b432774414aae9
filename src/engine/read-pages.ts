import type { RowBatch } from '../model/row.ts';
import type { Watermark } from '../model/watermark.ts';
import { type ReadRequest, smallPage } from '../query/request.ts';
import type { Source } from '../source/source.ts';

/** Milliseconds for which the source works on a page; longer ones become smaller, shorter ones larger. */
const wantedMs = 1000;

/**
 * A whole window, page by page, each page a statement of its own: bounded in time, and a dropped
 * connection costs one page. `most`: rows of a page; null reads it in one statement, where rows have no order to continue in.
 * `after`: begins behind this position. `halts`: asked before each further page, whether to leave the rest.
 */
export async function* readPages(
  source: Pick<Source, 'read'>,
  request: Omit<ReadRequest, 'page' | 'limit'>,
  most: number | null,
  signal: AbortSignal,
  after: Watermark | null = null,
  halts: () => boolean = () => false,
): AsyncGenerator<RowBatch> {
  let page = after;
  let limit = most === null ? null : Math.min(smallPage, most);
  for (;;) {
    let rows = 0;
    let ms = 0;
    let from = performance.now();
    for await (const batch of source.read({ ...request, page, limit }, signal)) {
      ms += performance.now() - from;
      rows += batch.count;
      if (batch.count > 0) page = batch.position(batch.count - 1);
      yield batch;
      from = performance.now();
    }
    ms += performance.now() - from;
    if (most === null || limit === null || rows < limit || halts()) return;
    limit = nextLimit(limit, ms, most);
  }
}

/** Pure: rows of the next page after a full one that took the source so long. */
export function nextLimit(limit: number, ms: number, most: number): number {
  if (ms < wantedMs / 2) return Math.min(most, limit * 4);
  if (ms > wantedMs * 2) return Math.min(most, Math.max(smallPage, Math.floor(limit / 2)));
  return limit;
}
