import type { RowBatch } from '../model/row.ts';
import type { Watermark } from '../model/watermark.ts';
import type { ReadRequest } from '../query/request.ts';
import type { Source } from '../source/source.ts';

/**
 * A whole window, page by page, each page a statement of its own: bounded in time, and a dropped
 * connection costs one page. `limit: null` reads it in one statement, where rows have no order to continue in.
 */
export async function* readPages(
  source: Source,
  request: Omit<ReadRequest, 'page' | 'limit'>,
  limit: number | null,
  signal: AbortSignal,
): AsyncGenerator<RowBatch> {
  let page: Watermark | null = null;
  for (;;) {
    let rows = 0;
    for await (const batch of source.read({ ...request, page, limit }, signal)) {
      rows += batch.count;
      if (batch.count > 0) page = batch.position(batch.count - 1);
      yield batch;
    }
    if (limit === null || rows < limit) return;
  }
}
