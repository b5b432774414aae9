import { LiberateError } from '../kit/errors.ts';
import type { Column, ColumnType, Shape } from '../model/column.ts';
import type { Deletion } from '../model/deletion.ts';
import type { Job } from '../model/job.ts';

/** What is a name rather than a condition: letters, digits and underscores alone. */
const bareName = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

/** Kinds of which a value can say yes or no; docs/soft-deletes.md has what each says. */
const telling: ReadonlySet<ColumnType['kind']> = new Set([
  'boolean',
  'integer',
  'decimal',
  'float',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'dynamic',
]);

/** What `deleted:` means on this relation: a column where it has one of that name, otherwise a condition. LIB103, LIB204 */
export function deletionOf({ deleted }: Job, { columns }: Shape): Deletion | null {
  if (deleted === null) return null;
  const column = columns.find(({ name }) => name === deleted);
  if (column !== undefined) return { kind: 'column', column: refuseSilent(column) };
  if (!bareName.test(deleted)) return { kind: 'condition', sql: deleted };
  const names = columns.map(({ name }) => name).join(', ');
  throw new LiberateError('LIB204', `the deleted column "${deleted}" does not exist; there are: ${names}`, { place: { column: deleted } });
}

function refuseSilent(column: Column): Column {
  if (telling.has(column.type.kind)) return column;
  throw new LiberateError('LIB103', `deleted is "${column.name}", and ${column.native} says neither yes nor no`, {
    place: { column: column.name },
    cure: `Write a condition, such as \`deleted: "${column.name} = 'gone'"\`, or name a boolean, a number or a stamp.`,
  });
}
