import { LiberateError } from '../kit/errors.ts';

/** Characters of a value that a message shows. */
const shown = 80;

/** A value that its format has no place for. `kind`: what it should have been, such as `date of Avro`. */
export function misfit(column: string, kind: string, text: string): LiberateError {
  const found = text.length > shown ? `${text.slice(0, shown)}…` : text;
  return new LiberateError('LIB211', `the column "${column}" holds ${JSON.stringify(found)}, which no ${kind} can be`, {
    place: { column },
    cure: 'Mend the value, or have the column published as text: by `cast` of `columns:`, or by a query that casts it.',
  });
}
