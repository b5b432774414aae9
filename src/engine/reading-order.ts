import { LiberateError } from '../kit/errors.ts';
import type { Column } from '../model/column.ts';
import type { Job, Mode } from '../model/job.ts';

/** The column of that name; LIB204 where there is none. `what`: it is, as a message says it. */
export type FindColumn = (name: string, what: string) => Column;

/** The columns that break ties in the order in which rows are read. LIB206 */
export function readingOrder(
  job: Job,
  mode: Mode,
  cursor: readonly Column[],
  key: readonly Column[],
  column: FindColumn,
): readonly Column[] {
  switch (mode) {
    case 'bulk':
      return key;
    case 'incrementing':
      return [];
    case 'timestamp':
      if (key.length > 0) return key;
      throw new LiberateError(
        'LIB206',
        'the table has no primary key, and `key:` names none: rows that share a stamp could not be told apart',
        {
          place: { column: cursor[0]?.name },
        },
      );
    case 'transaction':
      if (job.increment !== null) return [column(job.increment, 'increment')];
      if (key.length > 0) return key;
      throw new LiberateError(
        'LIB206',
        'the table has no primary key, and neither `key:` nor `increment:` orders the rows of a transaction',
        {
          place: { column: cursor[0]?.name },
        },
      );
    case 'timestamp+incrementing': {
      if (job.increment !== null) return [column(job.increment, 'increment')];
      const [only] = key;
      if (key.length === 1 && only !== undefined) return [only];
      throw new LiberateError('LIB206', `mode timestamp+incrementing needs one id that breaks ties; the key has ${key.length} columns`, {
        cure: 'Name it as `increment:`.',
      });
    }
    default:
      return mode satisfies never;
  }
}

/** An id that only grows identifies its row even where no key is declared. */
export function impliedKey(mode: Mode, cursor: readonly Column[], order: readonly Column[]): readonly Column[] {
  if (mode === 'incrementing') return cursor;
  return mode === 'timestamp+incrementing' || mode === 'transaction' ? order : [];
}
