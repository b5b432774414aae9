import type { KeyFormat } from '../../model/format.ts';
import { connectSchemaOf } from '../connect/schema.ts';
import type { EventField, EventModel } from '../event-model.ts';
import { documentOf } from '../stream-schema-of.ts';
import { elsewhere } from './cure.ts';
import type { Difference } from './difference.ts';

/**
 * What differs in keys. Every change of a key's bytes breaks: the same row then has two keys, and neither compaction nor a table made
 * of the stream knows them for one. In `json` and `string` a key is its text; elsewhere its schema, or that schema's number, stands in it.
 */
export function keyDifferences(before: EventModel, now: EventModel, format: KeyFormat): readonly Difference[] {
  const why = whyOther(before, now, format);
  const { key: was } = before;
  const { key: is } = now;
  if (why === null && tell(was) === tell(is)) return [];
  const [field, column] = [is.map(({ name }) => name).join(', '), is.map((one) => one.column).join(', ')];
  const breaks =
    why === null
      ? { backward: null, forward: null }
      : { backward: `events of before have other keys: ${why}`, forward: `new events have other keys than those they hold: ${why}` };
  const names = was.map((one) => one.column).join(', ');
  const cure = why === null ? null : `${was.length === 0 ? 'Publish without a key' : `Keep the key by \`key: [${names}]\``}${elsewhere}`;
  return [{ kind: 'key', field, column, was: tell(was), is: tell(is), breaks, cure }];
}

const tell = (key: readonly EventField[]): string =>
  key.length === 0
    ? 'none'
    : key.map(({ name, column, native }) => `${name === column ? column : `${name} (${column})`} ${native}`).join(', ');

function whyOther({ key: was, ...before }: EventModel, { key: is, ...now }: EventModel, format: KeyFormat): string | null {
  if (was.length === 0 && is.length === 0) return null;
  if (was.length === 0 || is.length === 0) return was.length === 0 ? 'they had none' : 'they have none now';
  const names = (key: readonly EventField[]): string => key.map(({ name }) => name).join(', ');
  if (names(was) !== names(is)) return `of ${names(was)}, and now of ${names(is)}`;
  // A field by itself: what its schema would be, or its text.
  const written = (model: Omit<EventModel, 'key'>, field: EventField): string =>
    format === 'json' || format === 'string' ? textOf(field) : schemaOf({ ...model, key: [field] }, format);
  const at = is.findIndex((field, place) => written(now, field) !== written(before, was[place] as EventField));
  if (at < 0) return null;
  const [from, to] = [was[at] as EventField, is[at] as EventField];
  const other = format === 'json' || format === 'string' ? 'the same value may be another text' : 'its schema is part of each key';
  return `"${to.name}" was ${from.native} and is ${to.native}: ${other}`;
}

/** What stands in each key, or a registry's number of it. */
const schemaOf = (model: EventModel, format: KeyFormat): string =>
  documentOf(format, model, 'Key')?.text ?? JSON.stringify(connectSchemaOf(model.name, 'Key', model.key));

/** Two types with the same answer have the same text for the same value. */
function textOf({ type, facts, native }: EventField): string {
  switch (type.kind) {
    case 'integer':
    case 'uuid':
    case 'boolean':
    case 'date':
      return type.kind;
    case 'text':
      // Of a fixed length: blanks at the end.
      return /^(?:character\(|char\(|bpchar)/i.test(native) ? native : 'text';
    case 'decimal':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return `${type.kind} ${facts.scale}`;
    default:
      return `${JSON.stringify(type)} ${native}`;
  }
}
