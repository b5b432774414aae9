import type { Column, ColumnFacts, ColumnType } from '../../src/model/column.ts';
import type { Compatibility, Envelope, Format, KeyFormat } from '../../src/model/format.ts';
import type { SchemaVersion } from '../../src/schema/compatibility/compatibility.ts';
import { eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';

type Kind = Exclude<ColumnType['kind'], 'array'>;

/** `numeric(12,2) NOT NULL DEFAULT 0`, with what a database tells of it. */
interface Spec {
  readonly kind: Kind;
  readonly native: string;
  readonly facts?: ColumnFacts;
  readonly required?: boolean;
}

const of = (kind: Kind, native: string = kind, facts: ColumnFacts = {}): Spec => ({ kind, native, facts });
const required = (spec: Spec): Spec => ({ ...spec, required: true });
const byDefault = (spec: Spec, sql: string): Spec => required({ ...spec, facts: { ...spec.facts, default: sql } });

export const specs = {
  smallint: of('integer', 'smallint', { bits: 16 }),
  integer: of('integer', 'integer', { bits: 32 }),
  bigint: of('integer', 'bigint', { bits: 64 }),
  unsigned: of('integer', 'int unsigned', { bits: 32, unsigned: true }),
  real: of('float', 'real', { bits: 32 }),
  double: of('float', 'double precision', { bits: 64 }),
  money: of('decimal', 'numeric(12,2)', { precision: 12, scale: 2 }),
  wider: of('decimal', 'numeric(14,2)', { precision: 14, scale: 2 }),
  finer: of('decimal', 'numeric(14,4)', { precision: 14, scale: 4 }),
  numeric: of('decimal', 'numeric'),
  short: of('text', 'varchar(20)', { length: 20 }),
  longer: of('text', 'varchar(50)', { length: 50 }),
  text: of('text'),
  uuid: of('uuid'),
  json: of('json', 'jsonb'),
  bytes: of('bytes', 'bytea'),
  date: of('date'),
  millis: of('timestamp', 'timestamp(3)', { scale: 3 }),
  timestamp: of('timestamp', 'timestamp', { scale: 6 }),
  timestamptz: of('timestamptz', 'timestamptz', { scale: 6 }),
} as const;

const column = (name: string, { kind, native, facts = {}, required: never = false }: Spec): Column => ({
  name,
  type: { kind },
  native,
  nullable: !never,
  facts,
});

/** What a stream's columns are, or how it is written, before a change or after it. */
export interface Side {
  readonly columns: Readonly<Record<string, Spec>>;
  readonly rename?: Readonly<Record<string, string>>;
  readonly key?: readonly string[];
  readonly cursor?: string;
  readonly format?: Format;
  readonly envelope?: Envelope;
}

export interface Change {
  /** As a reader of the docs calls it. */
  readonly of: string;
  readonly was: Side;
  readonly is: Side;
}

const base = { id: required(of('integer', 'bigint', { bits: 64 })), at: required(specs.timestamptz) };
const side = (columns: Readonly<Record<string, Spec>>, more: Omit<Side, 'columns'> = {}): Side => ({
  columns: { ...base, ...columns },
  ...more,
});
const retyped = (from: Spec, to: Spec, words = `${from.native} becomes ${to.native}`): Change => ({
  of: words,
  was: side({ x: from }),
  is: side({ x: to }),
});
const both = (from: Spec, to: Spec): readonly Change[] => [retyped(from, to), retyped(to, from)];

const { integer, text } = specs;

export const changes: readonly Change[] = [
  { of: 'added, may be NULL', was: side({}), is: side({ x: text }) },
  { of: 'added, NOT NULL DEFAULT 0', was: side({}), is: side({ x: byDefault(integer, '0') }) },
  { of: "added, NOT NULL DEFAULT 'new'", was: side({}), is: side({ x: byDefault(text, "'new'::text") }) },
  { of: 'added, NOT NULL', was: side({}), is: side({ x: required(text) }) },
  { of: 'dropped, could be NULL', was: side({ x: text }), is: side({}) },
  { of: 'dropped, NOT NULL DEFAULT 0', was: side({ x: byDefault(integer, '0') }), is: side({}) },
  { of: 'dropped, NOT NULL', was: side({ x: required(text) }), is: side({}) },
  { of: 'renamed, may be NULL', was: side({ x: text }), is: side({ y: text }) },
  { of: 'renamed, NOT NULL', was: side({ x: required(text) }), is: side({ y: required(text) }) },
  {
    of: 'renamed, and published under the old name',
    was: side({ x: required(text) }),
    is: side({ y: required(text) }, { rename: { y: 'x' } }),
  },
  retyped(required(text), text, 'NOT NULL is dropped'),
  retyped(text, required(text), 'NOT NULL is added'),
  ...both(specs.smallint, integer),
  ...both(integer, specs.bigint),
  ...both(specs.unsigned, specs.bigint),
  ...both(specs.real, specs.double),
  ...both(integer, specs.double),
  ...both(specs.bigint, specs.double),
  ...both(specs.money, specs.wider),
  ...both(specs.money, specs.finer),
  ...both(specs.money, specs.numeric),
  ...both(integer, specs.money),
  ...both(specs.short, specs.longer),
  ...both(specs.short, text),
  ...both(integer, text),
  ...both(specs.uuid, text),
  ...both(specs.json, text),
  ...both(text, specs.bytes),
  ...both(specs.millis, specs.timestamp),
  ...both(specs.timestamp, specs.timestamptz),
  ...both(specs.date, specs.timestamp),
  retyped(
    { ...text, facts: { labels: ['new', 'paid'] } },
    { ...text, facts: { labels: ['new', 'sent', 'paid'] } },
    'a label of an enum is added',
  ),
  retyped(
    { ...text, facts: { doc: 'A.' } },
    { ...text, facts: { doc: 'B.', default: "'new'" } },
    'the comment, or the default of a column that may be NULL',
  ),
  { of: 'columns in another order', was: side({ x: text, y: integer }), is: side({ y: integer, x: text }) },
  { of: 'another key', was: side({ x: required(text) }), is: side({ x: required(text) }, { key: ['id', 'x'] }) },
  {
    of: 'a key of integer becomes bigint',
    was: side({ x: required(integer) }, { key: ['x'] }),
    is: side({ x: required(specs.bigint) }, { key: ['x'] }),
  },
  {
    of: 'a key of varchar(20) becomes varchar(50)',
    was: side({ x: required(specs.short) }, { key: ['x'] }),
    is: side({ x: required(specs.longer) }, { key: ['x'] }),
  },
  { of: 'another cursor', was: side({ x: specs.timestamptz }), is: side({ x: specs.timestamptz }, { cursor: 'x' }) },
  { of: 'another `envelope`', was: side({}), is: side({}, { envelope: 'debezium' }) },
];

/** What a stream has been, oldest first, and last what it is to be. */
export interface History {
  readonly of: string;
  readonly versions: readonly Side[];
  /**
   * What Apicurio says otherwise than we do: for the reasons of test/registry/apart.ts; and since of a number with ends it takes
   * `["integer", "null"]` for a type that has nothing to do with `integer`.
   */
  readonly registry?: Readonly<Partial<Record<Format, Readonly<Partial<Record<Compatibility, boolean>>>>>>;
}

const told = (spec: Spec, doc: string): Spec => ({ ...spec, facts: { ...spec.facts, doc } });

/** Histories in which the newest version says one thing and the one before it another. */
export const histories: readonly History[] = [
  {
    of: 'dropped, and added again with another type',
    versions: [side({ x: text }), side({}), side({ x: integer })],
    registry: { 'json-schema': { backward: false, full: false }, protobuf: { forward: false, full: false } },
  },
  {
    of: 'dropped, and added again as NOT NULL DEFAULT 0',
    versions: [side({ x: integer }), side({}), side({ x: byDefault(integer, '0') })],
    registry: {
      'json-schema': { backward: false, 'forward-transitive': false, full: false },
      protobuf: { forward: false, 'forward-transitive': false, full: false },
    },
  },
  {
    of: 'NOT NULL DEFAULT 0 is dropped, and added again so that it may be NULL',
    versions: [side({ x: byDefault(integer, '0') }), side({}), side({ x: integer })],
    registry: {
      'json-schema': { backward: false, 'backward-transitive': false, full: false },
      protobuf: { 'backward-transitive': false, forward: false, full: false },
    },
  },
  {
    of: 'NOT NULL is dropped, then the comment changes',
    versions: [side({ x: required(text) }), side({ x: text }), side({ x: told(text, 'Another.') })],
    registry: { protobuf: { 'backward-transitive': false } },
  },
  {
    of: 'NOT NULL is added, then the comment changes',
    versions: [side({ x: text }), side({ x: required(text) }), side({ x: told(required(text), 'Another.') })],
    registry: { protobuf: { 'forward-transitive': false } },
  },
];

/** A side as it is compared. */
export function versionOf(
  { columns, rename = {}, key = ['id'], cursor = 'at', envelope = 'none', ...own }: Side,
  format: Format,
  keyFormat: KeyFormat = format,
): SchemaVersion {
  const all = Object.entries(columns).map(([name, spec]) => column(name, spec));
  const named = (names: readonly string[]): readonly Column[] => all.filter(({ name }) => names.includes(name));
  const schema = eventSchema(all, { include: null, exclude: [], rename }, named(key));
  return { model: eventModel('shop.orders', schema, named([cursor])), format: own.format ?? format, keyFormat, envelope };
}

export const formats: readonly Format[] = ['json', 'json-schema', 'connect', 'avro', 'protobuf'];
export const compatibilities: readonly Compatibility[] = [
  'none',
  'backward',
  'backward-transitive',
  'forward',
  'forward-transitive',
  'full',
  'full-transitive',
];
