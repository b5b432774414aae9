import type { Watermark } from '../model/watermark.ts';

/** Behind the first position, up to and with the second; null: no such end. */
export interface Bounds {
  readonly after: Watermark | null;
  readonly upto: Watermark | null;
  /** null: not known, of the last one. */
  readonly rows: number | null;
}

/** The position so many rows behind another one; null when there are fewer. */
export type Step = (after: Watermark | null, rows: number) => Promise<Watermark | null>;

/** Rows of a chunk: fewer cost more in statements and in the record of what is done, more are more to repeat after a crash. */
const fewest = 5_000;
const most = 250_000;
const unknown = 10_000;
/** Chunks that each worker is to have: the last ones of all end at nearly the same moment. */
const eachWorker = 8;
/** After so many chunks they are made twice as large: the estimate was wrong, or the table is huge. */
const many = 64;

/** Pure: rows of a chunk of a relation that is expected to have so many. */
export function chunkRows(expected: number | null, workers: number): number {
  const wanted = expected === null ? unknown : Math.ceil(expected / (workers * eachWorker));
  return Math.min(most, Math.max(fewest, wanted));
}

/**
 * Bounds that cover every position exactly once, in order, whatever the keys look like: counted along the index and not
 * computed from the lowest and the highest key. The first begins before and the last ends behind every position.
 */
export async function splitByRows(rows: number, step: Step): Promise<readonly Bounds[]> {
  const bounds: Bounds[] = [];
  let size = rows;
  let after: Watermark | null = null;
  for (;;) {
    const upto: Watermark | null = await step(after, size);
    bounds.push({ after, upto, rows: upto === null ? null : size });
    if (upto === null) return bounds;
    after = upto;
    if (bounds.length % many === 0) size *= 2;
  }
}
