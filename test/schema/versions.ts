import fc from 'fast-check';
import type { Column, ColumnFacts, ColumnType } from '../../src/model/column.ts';
import type { Format } from '../../src/model/format.ts';
import type { SchemaVersion } from '../../src/schema/compatibility/compatibility.ts';
import { eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';

export interface Typed {
  readonly type: ColumnType;
  readonly facts: ColumnFacts;
}

const typed = (type: ColumnType | Exclude<ColumnType['kind'], 'array'>, facts: ColumnFacts = {}): Typed => ({
  type: typeof type === 'string' ? { kind: type } : type,
  facts,
});

/** What a column may be told to hold: sizes that a widening or a narrowing lies between. */
const plain: readonly Typed[] = [
  ...[8, 16, 24, 32, 64].flatMap((bits) => [typed('integer', { bits }), typed('integer', { bits, unsigned: true })]),
  ...(
    [
      [4, 2],
      [6, 2],
      [6, 4],
      [20, 0],
    ] as const
  ).map(([precision, scale]) => typed('decimal', { precision, scale })),
  typed('decimal'),
  typed('float', { bits: 32 }),
  typed('float', { bits: 64 }),
  typed('text', { length: 4 }),
  typed('text', { length: 9 }),
  typed('text', { length: 40 }),
  typed('text'),
  typed('boolean'),
  typed('uuid'),
  typed('json'),
  typed('bytes'),
  typed('date'),
  typed('time', { daytime: true }),
  typed('time'),
  typed('timestamp'),
  typed('timestamptz'),
  typed('interval'),
  typed('dynamic'),
  ...(['integer', 'real', 'text', 'blob'] as const).map((stored) => typed('dynamic', { stored })),
];
const lists = plain.filter(({ type }) => type.kind !== 'dynamic').map(({ type, facts }) => typed({ kind: 'array', element: type }, facts));

export const types: readonly Typed[] = [...plain, ...lists];

const defaults: Readonly<Record<string, string>> = { integer: '7', decimal: '0', float: '1.5', text: "'a'", boolean: 'true', dynamic: '3' };

export const typeText = ({ type, facts }: Typed): string => JSON.stringify([type, facts]);

const columnOf = (name: string, { type, facts }: Typed, nullable: boolean, defaulted: boolean): Column => {
  const sql = defaulted ? defaults[type.kind] : undefined;
  return { name, type, native: typeText({ type, facts }), nullable, facts: { ...facts, ...(sql === undefined ? {} : { default: sql }) } };
};

export function versionOf(columns: readonly Column[], format: Format, key: readonly string[] = []): SchemaVersion {
  const keyed = columns.filter(({ name }) => key.includes(name));
  const model = eventModel('shop.orders', eventSchema(columns, { include: null, exclude: [], rename: {} }, keyed), []);
  return { model, format, keyFormat: format, envelope: 'none' };
}

/** A stream of one column. */
export const single = (one: Typed, nullable: boolean, format: Format): SchemaVersion =>
  versionOf([columnOf('x', one, nullable, false)], format);

const someColumn = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c d', 'c_d'),
    type: fc.constantFrom(...types),
    nullable: fc.boolean(),
    defaulted: fc.boolean(),
  })
  .map(({ name, type, nullable, defaulted }) => columnOf(name, type, nullable, defaulted));
const someColumns = fc.uniqueArray(someColumn, { selector: ({ name }) => name, minLength: 1 });

/** Streams whose columns come from the same few names, so that two of them differ in every way. */
export const version = (format: Format): fc.Arbitrary<SchemaVersion> => someColumns.map((columns) => versionOf(columns, format));

/** A stream, and what a single ALTER TABLE makes of it: two that were drawn apart would nearly always break. */
export const altered = (format: Format): fc.Arbitrary<readonly [SchemaVersion, SchemaVersion]> =>
  fc.tuple(someColumns, someColumn, fc.boolean()).map(([columns, one, drop]) => {
    const others = columns.filter(({ name }) => name !== one.name);
    const after =
      drop && others.length > 0
        ? others
        : columns.length === others.length
          ? [...columns, one]
          : columns.map((old) => (old.name === one.name ? one : old));
    return [versionOf(columns, format), versionOf(after, format)];
  });
