import type { ColumnFacts, ColumnType } from '../../model/column.ts';
import type { EventField, EventModel } from '../event-model.ts';
import type { Difference } from './difference.ts';
import type { Reading } from './reading.ts';

/** What always helps. */
export const elsewhere = ', or begin a new version of the topic by `onSchemaChange: newTopic`.';

/** The one column that may be what a dropped one is called now: of the same type, added at once, at the same place or without a rival. */
export function likelyRename(field: EventField, was: EventModel, added: readonly EventField[], is: EventModel): EventField | null {
  const alike = added.filter(({ native, nullable }) => native === field.native && nullable === field.nullable);
  const place = was.fields.findIndex(({ name }) => name === field.name);
  const there = alike.find(({ name }) => is.fields[place]?.name === name);
  return there ?? (alike.length === 1 ? (alike[0] as EventField) : null);
}

interface Cast {
  readonly text: string;
  readonly type: ColumnType;
  readonly facts: ColumnFacts;
}

/** The cast that publishes a column as what it was; null: none does. Only what mends all that is broken is told. */
export function castBack(was: EventField, is: EventField, { backward, forward }: Difference['breaks'], reading: Reading): string | null {
  const cast = castTo(was);
  if (cast === null) return null;
  const field = { ...is, native: cast.text, type: cast.type, facts: cast.facts };
  const mends = (broken: string | null, still: string | null): boolean => broken === null || still === null;
  if (!mends(backward, reading.unread(field, was)) || !mends(forward, reading.unread(was, field))) return null;
  return `Publish it as it was by \`columns: { cast: { ${is.column}: ${/[,()]/.test(cast.text) ? `"${cast.text}"` : cast.text} } }\``;
}

function castTo({ type, facts }: EventField): Cast | null {
  const { precision, scale } = facts;
  switch (type.kind) {
    case 'text':
      return { text: 'string', type, facts: {} };
    case 'integer':
      return { text: 'integer', type, facts: { bits: 64 } };
    case 'float':
      return { text: 'float', type, facts: { bits: 64 } };
    case 'decimal':
      if (precision === undefined || scale === undefined) return { text: 'decimal', type, facts: {} };
      return { text: `decimal(${precision},${scale})`, type, facts: { precision, scale } };
    case 'time':
      return facts.daytime === true ? { text: 'time', type, facts: { daytime: true } } : null;
    case 'interval':
    case 'array':
    case 'dynamic':
      return null;
    default:
      return { text: type.kind, type, facts: {} };
  }
}
