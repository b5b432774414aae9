import type { PackedRows } from '../model/packed-rows.ts';
import type { Progress } from './tracker.ts';

/** Bytes of an answer that is worth keeping. */
const keptBytes = 16 * 1024;

type Bytes = Pick<PackedRows, 'bytes' | 'length'>;

/**
 * The last answer of a job that publishes nothing. A quiet poll is seldom empty: the rows that share the mark's stamp are met again
 * each time. Where an answer has the bytes of the one before, flags included, and meets the same progress, so do what leaves and the end.
 */
export class LastAnswer {
  #rows: Buffer | null = null;
  /** The progress that these rows were met with, and led to once more; null: they have not yet. */
  #settled: Progress | null = null;

  /** Whether nothing of it leaves, and the progress stays what it is but for its `since`. */
  repeats(rows: Bytes, before: Progress): boolean {
    const settled = this.#settled;
    // What a progress holds is never changed, so the same object is the same progress.
    if (settled === null || before.sent !== settled.sent || before.mark !== settled.mark || before.tied !== settled.tied) return false;
    return before.gaps.length === 0 && this.#isSame(rows);
  }

  /** All rows were met with `before`, none left, and `after` is the end. */
  keep(rows: Bytes, before: Progress, after: Progress): void {
    this.#settled = this.#isSame(rows) && sameProgress(before, after) ? after : null;
    if (this.#settled === null) this.#rows = rows.length > keptBytes ? null : Buffer.from(rows.bytes.subarray(0, rows.length));
  }

  forget(): void {
    this.#rows = null;
    this.#settled = null;
  }

  #isSame({ bytes, length }: Bytes): boolean {
    const rows = this.#rows;
    return rows !== null && length === rows.length && bytes.compare(rows, 0, length, 0, length) === 0;
  }
}

function sameProgress(a: Progress, b: Progress): boolean {
  if (a.tied !== b.tied || a.mark?.join('\u0000') !== b.mark?.join('\u0000') || a.gaps.length > 0 || b.gaps.length > 0) return false;
  const sent = Object.entries(a.sent);
  return sent.length === Object.keys(b.sent).length && sent.every(([name, digest]) => b.sent[name] === digest);
}
