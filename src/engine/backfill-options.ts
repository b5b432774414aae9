import { LiberateError } from '../kit/errors.ts';
import type { BackfillRange, ChunkReport } from '../model/backfill.ts';
import type { Job } from '../model/job.ts';
import type { CycleReport } from '../model/report.ts';
import { windowOf } from './backfill-chunks.ts';
import type { SourceUse } from './engine.ts';

export interface BackfillOptions extends BackfillRange {
  /** Only tell what the chunks would be. */
  readonly dryRun: boolean;
  /** Wait for a holder of the job that does not do the backfill itself, as a runner does; otherwise LIB406. */
  readonly wait: boolean;
  /** Chunks at a time, each on a connection of its own; at most the source's pool less one, which looks. */
  readonly parallel: number;
  /** Go on with an unfinished backfill of the same rows; where there is none, begin. */
  readonly resume: boolean;
  /** Give an unfinished backfill up and begin anew. */
  readonly restart: boolean;
}

/**
 * Milliseconds and counts of one backfilled relation; `expected` is the source's estimate of what is to come. `chunks`: those that
 * were done now, or in a dry run would be, `published` being an estimate there.
 */
export interface BackfillReport extends Pick<CycleReport, 'job' | 'published' | 'deadLetters' | 'bytes' | 'startedAt' | 'endedAt'> {
  readonly expected: number | null;
  readonly chunks: readonly (ChunkReport | PlannedChunk)[];
}

export interface PlannedChunk extends Pick<ChunkReport, 'chunk' | 'range'> {
  /** Rows, about; null: unknown. */
  readonly expected: number | null;
}

/** LIB110 */
export function checkOptions({ name }: Job, { limiter }: SourceUse, { parallel, resume, restart, window }: BackfillOptions): void {
  const place = { job: name };
  if (window !== null) windowOf(window);
  if (resume && restart) throw new LiberateError('LIB110', 'give either --resume or --restart', { place });
  const most = Math.max(1, limiter.most - 1);
  if (!Number.isSafeInteger(parallel) || parallel < 1) {
    throw new LiberateError('LIB110', `--parallel is ${parallel}`, { place, cure: 'Give a whole number from 1 on.' });
  }
  if (parallel <= most) return;
  throw new LiberateError(
    'LIB110',
    `--parallel ${parallel} needs as many connections and one more, and the source's pool has ${limiter.most}`,
    { place, cure: `Give at most ${most}, or raise \`pool:\` of the source to ${parallel + 1}.` },
  );
}
