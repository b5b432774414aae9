import type { Format, KeyFormat } from '../../model/format.ts';
import { constantDefault } from '../constant-default.ts';
import type { EventField, EventModel } from '../event-model.ts';
import { castBack, elsewhere, likelyRename } from './cure.ts';
import { keyDifferences } from './key-difference.ts';
import { type Reading, readings } from './reading.ts';

/** The rule that a difference falls under; docs/schemas.md has a table of them. */
export type ChangeKind =
  | 'added'
  | 'dropped'
  | 'type'
  | 'null'
  | 'not null'
  | 'name'
  | 'column'
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
  /** null: there is nothing to do. */
  readonly cure: string | null;
}

export interface Writing {
  readonly format: Format;
  readonly keyFormat: KeyFormat;
}

export const harmless: Difference['breaks'] = { backward: null, forward: null };

/** What differs in the events of two models that are written the same way. A field is the same where readers find it by the same name. */
export function compareModels(was: EventModel, is: EventModel, { format, keyFormat }: Writing): readonly Difference[] {
  const reading = readings[format];
  const before = byName(was, reading);
  const now = byName(is, reading);
  const added = [...now].flatMap(([name, field]) => (before.has(name) ? [] : [field]));
  const dropped = [...before].flatMap(([name, field]) => (now.has(name) ? [] : [field]));
  return [
    ...keyDifferences(was, is, keyFormat),
    ...dropped.map((field) => droppedField(field, likelyRename(field, was, added, is), reading)),
    ...added.map((field) => addedField(field, reading)),
    ...[...now].flatMap(([name, field]) => {
      const old = before.get(name);
      return old === undefined ? [] : changedField(old, field, reading);
    }),
    ...reordered(was, is),
  ];
}

/** Fields by what the format calls them. */
function byName({ fields }: EventModel, reading: Reading): ReadonlyMap<string, EventField> {
  const names = reading.names(fields);
  return new Map(fields.map((field, at) => [names[at] as string, field]));
}

const typed = ({ native, nullable }: EventField): string => `${native}${nullable ? '' : ' NOT NULL'}`;
const whole = (field: EventField): string => `${typed(field)}${field.facts.default === undefined ? '' : ` DEFAULT ${field.facts.default}`}`;

const canMiss = (field: EventField, reading: Reading): boolean => field.nullable || reading.hasDefault(field);

/** Why nothing stands in for a field that is not there. */
const nothing = (field: EventField): string =>
  constantDefault(field) === null ? 'is never NULL and has no constant default' : 'is never NULL, and the format has no such default';

function droppedField(field: EventField, renamed: EventField | null, reading: Reading): Difference {
  const { name, column } = field;
  const missed = canMiss(field, reading) ? null : `they count on "${name}", which ${nothing(field)}, and new events are without it`;
  const was = renamed === null ? whole(field) : `${whole(field)}, and may be "${renamed.column}" now`;
  const breaks = { backward: null, forward: missed };
  return { kind: 'dropped', field: name, column, was, is: null, breaks, cure: cureOfDropped(name, renamed, missed !== null) };
}

function cureOfDropped(name: string, renamed: EventField | null, breaks: boolean): string | null {
  const back = renamed === null ? null : `\`columns: { rename: { ${renamed.column}: ${name} } }\``;
  if (back !== null && renamed !== null) {
    return breaks
      ? `Publish "${renamed.column}" under the old name, by ${back}${elsewhere}`
      : `If it is, ${back} publishes it under the old name.`;
  }
  return breaks ? `Keep the column until nobody reads it${elsewhere}` : null;
}

function addedField(field: EventField, reading: Reading): Difference {
  const { name, column } = field;
  const missed = canMiss(field, reading) ? null : `events of before have no "${name}", which ${nothing(field)}`;
  const cure =
    missed === null
      ? null
      : `Let it be NULL, give it a constant default, or leave it out by \`columns: { exclude: [${column}] }\`${elsewhere}`;
  return { kind: 'added', field: name, column, was: null, is: whole(field), breaks: { backward: missed, forward: null }, cure };
}

function changedField(was: EventField, is: EventField, reading: Reading): readonly Difference[] {
  const { name: field, column } = is;
  const told = (kind: ChangeKind, from: string | undefined, to: string | undefined): readonly Difference[] =>
    from === to ? [] : [{ kind, field, column, was: from ?? null, is: to ?? null, breaks: harmless, cure: null }];
  const role = (one: EventField): string => (one.cursor ? 'the cursor' : 'not the cursor');
  return [
    ...changedType(was, is, reading),
    ...changedNull(was, is),
    ...(was.name === is.name ? told('column', was.column, is.column) : otherColumn(was, is)),
    ...told('labels', was.facts.labels?.join(', '), is.facts.labels?.join(', ')),
    ...told('default', was.facts.default, is.facts.default),
    ...told('comment', was.facts.doc, is.facts.doc),
    ...told('cursor', role(was), role(is)),
  ];
}

/** Of the names that Avro does not take, one stands for another column now. */
function otherColumn(was: EventField, is: EventField): readonly Difference[] {
  const { name: field, column } = is;
  const breaks = {
    backward: `events of before have "${was.name}" under the name that is "${field}" now`,
    forward: `they know "${was.name}" by the name that is "${field}" in new events`,
  };
  const cure = `Give the columns names that stay different without blanks and signs, by \`columns: { rename: … }\`${elsewhere}`;
  return [{ kind: 'name', field, column, was: was.name, is: field, breaks, cure }];
}

function changedType(was: EventField, is: EventField, reading: Reading): readonly Difference[] {
  const backward = reading.unread(is, was);
  const forward = reading.unread(was, is);
  if (backward === null && forward === null && was.native === is.native) return [];
  const { name: field, column } = is;
  const breaks = {
    backward: backward === null ? null : `events of before hold ${was.native}, which is not read as ${is.native}: ${backward}`,
    forward: forward === null ? null : `they read ${was.native}, and new events hold ${is.native}: ${forward}`,
  };
  const cure = backward === null && forward === null ? null : `${castBack(was, is, breaks, reading) ?? 'Change the type back'}${elsewhere}`;
  return [{ kind: 'type', field, column, was: typed(was), is: typed(is), breaks, cure }];
}

function changedNull(was: EventField, is: EventField): readonly Difference[] {
  if (was.nullable === is.nullable) return [];
  const { name: field, column } = is;
  const words = { field, column, was: typed(was), is: typed(is) };
  if (is.nullable) {
    const breaks = { backward: null, forward: `they count on "${field}", which may be NULL in new events` };
    return [{ ...words, kind: 'null', breaks, cure: `Make the column NOT NULL again${elsewhere}` }];
  }
  const breaks = { backward: `"${field}" may be NULL in events of before`, forward: null };
  return [{ ...words, kind: 'not null', breaks, cure: `Let the column be NULL again${elsewhere}` }];
}

/** Nobody reads a field by its place: Protobuf's numbers stay with the names. */
function reordered(was: EventModel, is: EventModel): readonly Difference[] {
  const names = (one: EventModel, other: EventModel): string => {
    const there = new Set(other.fields.map(({ name }) => name));
    return one.fields.flatMap(({ name }) => (there.has(name) ? [name] : [])).join(', ');
  };
  const [before, now] = [names(was, is), names(is, was)];
  return before === now ? [] : [{ kind: 'order', field: '', column: '', was: before, is: now, breaks: harmless, cure: null }];
}
