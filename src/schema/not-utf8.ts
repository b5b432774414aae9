import { LiberateError } from '../kit/errors.ts';

/** Two texts could become one by what stands in for such bytes, and two keys with them. */
export const notUtf8 = (column: string): LiberateError =>
  new LiberateError('LIB211', `the column "${column}" holds text that is not UTF-8`, {
    place: { column },
    cure: 'Mend the text, leave the column out by `columns:`, or read it by a query that casts it to bytes.',
  });
