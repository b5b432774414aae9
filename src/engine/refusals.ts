import { LiberateError } from '../kit/errors.ts';
import type { Column } from '../model/column.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';
import type { Encoder } from '../schema/encoder.ts';
import type { JobPlan } from './job-plan.ts';
import { type RowTexts, rowText } from './row-text.ts';

/** An encoder that goes on behind a row which it cannot encode. */
export interface ForgivingEncoder extends Encoder {
  /** Why the row that was added last has no event of its own: what was added only stands for it. null: it has one. */
  refused(): LiberateError | null;
}

/** Is the failure one row's own? Others would fare no better with it than without. */
export const isOfRow = ({ code, place }: LiberateError): boolean =>
  code === 'LIB211' || code === 'LIB305' || (code === 'LIB309' && place.key !== undefined);

/** A record was refused, and is not to stop the job: the same once more, while batches that are refused are taken apart. */
export const asksForCare = ({ letters }: Pick<JobPlan, 'letters'>, error: unknown): boolean =>
  letters !== null && error instanceof LiberateError && error.code !== 'LIB211' && isOfRow(error);

/**
 * In place of a row's event whose values the encoder refuses, adds what stands for the row among the look-back's
 * digests, and nowhere else: it never leaves.
 */
export function forgiving(encoder: Encoder, texts: RowTexts): ForgivingEncoder {
  let refusal: LiberateError | null = null;
  const guard =
    (add: Encoder['append']): Encoder['append'] =>
    (rows, at, timestamp, into) => {
      refusal = null;
      const before = into.length;
      const { count } = into;
      try {
        add(rows, at, timestamp, into);
      } catch (error) {
        if (!(error instanceof LiberateError) || !isOfRow(error) || into.count !== count) throw error;
        refusal = error;
        into.length = before;
        standIn(texts, rows, at, timestamp, error, into);
      }
    };
  return { ...encoder, append: guard(encoder.append), bury: guard(encoder.bury), refused: () => refusal };
}

function standIn(texts: RowTexts, rows: RowBatch, at: number, timestamp: number, { code }: LiberateError, into: RecordBatch): void {
  const row = JSON.stringify(rowText(texts, rows, at));
  into.add({ key: Buffer.from(row), value: Buffer.from(`${code} ${row}`), timestamp: String(timestamp) });
}

/** Refuses rows with a NULL in these columns of the key, which the reading order does not have. LIB211 */
export function withSureKey(encoder: Encoder, nullable: readonly Column[], columns: readonly Column[]): Encoder {
  const places = nullable.map(({ name }) => ({ name, at: columns.findIndex((column) => column.name === name) }));
  const hides = columns.some(({ masked }) => masked === true);
  const sure =
    (add: Encoder['append']): Encoder['append'] =>
    (rows, at, timestamp, into) => {
      const values = rows.packed === null ? rows.values(at) : null;
      const empty = places.find(({ at: field }) => (values === null ? rows.packed?.isNull(at, field) : values[field] === null));
      if (empty !== undefined) throw nullInKey(empty.name, hides ? '' : rows.position(at).join(', '));
      add(rows, at, timestamp, into);
    };
  return { ...encoder, append: sure(encoder.append), bury: sure(encoder.bury) };
}

function nullInKey(name: string, position: string): LiberateError {
  return new LiberateError('LIB211', `the key column "${name}" holds NULL${position === '' ? '' : ` in the row at ${position}`}`, {
    place: { column: name },
    cure: 'A key must identify each row: give columns that are never NULL as `key:`.',
  });
}
