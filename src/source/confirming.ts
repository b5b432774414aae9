import { LiberateError } from '../kit/errors.ts';
import type { RowBatch } from '../model/row.ts';
import type { ReadRequest } from '../query/request.ts';

/** What a source says where the relation itself cannot be looked at any more, or not as before. */
const gone: ReadonlySet<string> = new Set(['LIB203', 'LIB204', 'LIB207', 'LIB213']);

/**
 * `confirm` of a page's batches. `look`: the relation's version now, asked for once, and only if something is to leave. It is asked for
 * after the rows have been read: DDL that came before them is seen, and of what comes later they are free.
 */
export function confirming({ version }: Pick<ReadRequest, 'version'>, look: () => Promise<string>): RowBatch['confirm'] {
  if (version === undefined) return undefined;
  let looked: Promise<void> | null = null;
  return () => {
    looked ??= look().then(
      (now) => {
        if (now !== version) throw changed(null);
      },
      (error: unknown) => {
        throw error instanceof LiberateError && gone.has(error.code) ? changed(error) : error;
      },
    );
    return looked;
  };
}

const changed = (cause: unknown): LiberateError =>
  new LiberateError('LIB215', 'its columns or its key are others than when it was looked at', cause === null ? {} : { cause });
