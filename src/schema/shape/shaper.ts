import { LiberateError } from '../../kit/errors.ts';
import type { Column } from '../../model/column.ts';
import type { Job } from '../../model/job.ts';
import type { RowBatch } from '../../model/row.ts';
import type { Cast } from '../../model/shaping.ts';
import type { Value } from '../../model/value.ts';
import type { Encoder } from '../encoder.ts';
import { castColumn, caster } from './cast.ts';
import { maskedColumn, masker } from './mask.ts';

type Rules = Pick<Job, 'cast' | 'mask'>;

/** What becomes of a column's value; null: nothing. */
type Change = (value: Exclude<Value, null>) => Exclude<Value, null>;

/** The column as it is published. */
export function shapedColumn(column: Column, { cast, mask }: Rules): Column {
  if (Object.hasOwn(mask, column.name)) return maskedColumn(column);
  const to = Object.hasOwn(cast, column.name) ? cast[column.name] : undefined;
  return to === undefined ? column : castColumn(column, to);
}

function changeOf(column: Column, { cast, mask }: Rules, timezone: string | null): Change | null {
  const { name, type } = column;
  if (Object.hasOwn(mask, name)) return masker(mask[name] as Job['mask'][string]);
  if (!Object.hasOwn(cast, name)) return null;
  const to = cast[name] as Cast;
  const make = caster(type, to, timezone);
  return (value) => {
    const made = make(value);
    if (made === null) throw notCast(name, value, to);
    return made;
  };
}

/** Characters of a value in a message. */
const shown = 80;

function notCast(name: string, value: Exclude<Value, null>, { text }: Cast): LiberateError {
  const found = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value);
  const short = found.length > shown ? `${found.slice(0, shown)}…` : found;
  return new LiberateError('LIB211', `the column "${name}" holds ${JSON.stringify(short)}, which cannot be cast to ${text}`, {
    place: { column: name },
    cure: 'Mend the value, or change `columns.cast`.',
  });
}

/** Values of a row as they are published. */
export type ShapedValues = (rows: RowBatch, at: number) => readonly Value[];

/** null: every column is published as it is. `columns`: what the rows hold. */
export function shapedValues(columns: readonly Column[], rules: Rules, timezone: string | null): ShapedValues | null {
  const changes = columns.map((column) => changeOf(column, rules, timezone));
  if (changes.every((change) => change === null)) return null;
  return (rows, at) => {
    const values = [...rows.values(at)];
    for (let field = 0; field < changes.length; field += 1) {
      const value = values[field];
      const change = changes[field];
      if (change != null && value !== null && value !== undefined) values[field] = change(value);
    }
    return values;
  };
}

/** The events of the rows as they are shaped: the encoder meets no other values. */
export function shapedEncoder(encoder: Encoder, shape: ShapedValues): Encoder {
  const one = new ShapedRow(shape);
  return {
    ...encoder,
    append: (rows, at, timestamp, into) => encoder.append(one.of(rows, at), at, timestamp, into),
    bury: (rows, at, timestamp, into) => encoder.bury(one.of(rows, at), at, timestamp, into),
  };
}

/** A batch of which one row is looked at. Its values are made once, however often they are asked for. */
class ShapedRow implements RowBatch {
  readonly packed = null;
  readonly #shape: ShapedValues;
  #rows: RowBatch | null = null;
  #values: readonly Value[] = [];

  constructor(shape: ShapedValues) {
    this.#shape = shape;
  }

  of(rows: RowBatch, at: number): this {
    this.#rows = rows;
    this.#values = this.#shape(rows, at);
    return this;
  }

  get #batch(): RowBatch {
    return this.#rows as RowBatch;
  }

  get count(): number {
    return this.#batch.count;
  }

  get safe(): RowBatch['safe'] {
    return this.#batch.safe;
  }

  values(): readonly Value[] {
    return this.#values;
  }

  position(at: number): ReturnType<RowBatch['position']> {
    return this.#batch.position(at);
  }

  lead(at: number): string {
    return this.#batch.lead(at);
  }

  ahead(at: number): boolean {
    return this.#batch.ahead(at);
  }

  recent(at: number): boolean {
    return this.#batch.recent(at);
  }

  deleted(at: number): boolean {
    return this.#batch.deleted(at);
  }
}
