import type { Format, KeyFormat } from '../model/format.ts';
import type { EventField, EventModel } from './event-model.ts';

/** The rule that a difference falls under; docs/schemas.md has a table of them. */
export type ChangeKind =
  | 'added'
  | 'dropped'
  | 'type'
  | 'null'
  | 'not null'
  | 'labels'
  | 'default'
  | 'comment'
  | 'order'
  | 'key'
  | 'cursor'
  | 'format'
  | 'keyFormat'
  | 'envelope';

/** One way in which two versions of a schema differ. */
export interface Difference {
  readonly kind: ChangeKind;
  /** As it is published. */
  readonly field: string;
  /** As the database has it. */
  readonly column: string;
  /** In the source's words: `varchar(20) NOT NULL`; null: it was not there. */
  readonly was: string | null;
  readonly is: string | null;
  /** Why consumers of the new schema cannot read the events of before, and those of the old one the new events; null: they can. */
  readonly breaks: { readonly backward: string | null; readonly forward: string | null };
  /** null: nothing breaks. */
  readonly cure: string | null;
}

export interface Writing {
  readonly format: Format;
  readonly keyFormat: KeyFormat;
}

/** What differs in the events of two models that are written the same way. */
export function compareModels(was: EventModel, is: EventModel, _writing: Writing): readonly Difference[] {
  const before = new Map(was.fields.map((field) => [field.name, field]));
  const now = new Map(is.fields.map((field) => [field.name, field]));
  const dropped = was.fields.filter(({ name }) => !now.has(name)).map(droppedField);
  const others = is.fields.flatMap((field) => {
    const old = before.get(field.name);
    return old === undefined ? [addedField(field)] : changedField(old, field);
  });
  return [...dropped, ...others];
}

const told = ({ native, nullable }: EventField): string => `${native}${nullable ? '' : ' NOT NULL'}`;

function droppedField(field: EventField): Difference {
  const { name, column, nullable } = field;
  const breaks = { backward: null, forward: nullable ? null : `new events have no "${name}", which was never null` };
  return { kind: 'dropped', field: name, column, was: told(field), is: null, breaks, cure: null };
}

function addedField(field: EventField): Difference {
  const { name, column, nullable } = field;
  const breaks = { backward: nullable ? null : `events of before have no "${name}", which is never null`, forward: null };
  return { kind: 'added', field: name, column, was: null, is: told(field), breaks, cure: null };
}

function changedField(was: EventField, is: EventField): readonly Difference[] {
  const { name: field, column } = is;
  const words = { field, column, was: told(was), is: told(is), cure: null };
  const changed: Difference[] = [];
  if (JSON.stringify(was.type) !== JSON.stringify(is.type)) {
    changed.push({
      ...words,
      kind: 'type',
      breaks: { backward: `${is.native} does not hold every ${was.native}`, forward: `${was.native} does not hold every ${is.native}` },
    });
  }
  if (was.nullable && !is.nullable)
    changed.push({ ...words, kind: 'not null', breaks: { backward: `"${field}" may be null in events of before`, forward: null } });
  if (!was.nullable && is.nullable)
    changed.push({ ...words, kind: 'null', breaks: { backward: null, forward: `"${field}" may be null in new events` } });
  return changed;
}
