import { LiberateError } from '../kit/errors.ts';
import type { ColumnFacts, ColumnType } from '../model/column.ts';
import type { EventField, EventModel } from './event-model.ts';

/** The model as plain JSON, for a history of schemas. */
export function modelAsJson({ name, fields, key, fingerprint, retired }: EventModel): object {
  return {
    name,
    fingerprint,
    ...(retired === undefined ? {} : { retired }),
    fields,
    key: key.map((field) => field.column),
    keyOnly: key.filter((one) => !isAmong(fields, one)),
  };
}

const isAmong = (fields: readonly EventField[], one: EventField): boolean => fields.some(({ column }) => column === one.column);

type Shape = Readonly<Record<string, unknown>>;

const kinds: Readonly<Record<Exclude<ColumnType['kind'], 'array'>, true>> = {
  boolean: true,
  integer: true,
  decimal: true,
  float: true,
  text: true,
  uuid: true,
  json: true,
  bytes: true,
  date: true,
  time: true,
  timestamp: true,
  timestamptz: true,
  interval: true,
  dynamic: true,
};

/** What `modelAsJson` wrote. LIB707 naming `place` and the first wrong part. */
export function modelOfJson(value: unknown, place: string): EventModel {
  const shape = shapeAt(value, place, 'model');
  const fields = listAt(shape['fields'], place, 'fields').map((field, at) => fieldAt(field, place, `fields[${at}]`));
  const keyOnly = listAt(shape['keyOnly'], place, 'keyOnly').map((field, at) => fieldAt(field, place, `keyOnly[${at}]`));
  const key = listAt(shape['key'], place, 'key').map((column, at) => {
    const found = [...fields, ...keyOnly].find((field) => field.column === column);
    if (found === undefined) throw damaged(place, `key[${at}]`, 'one of the columns');
    return found;
  });
  const { retired } = shape;
  return {
    name: textAt(shape['name'], place, 'name'),
    fields,
    key,
    fingerprint: textAt(shape['fingerprint'], place, 'fingerprint'),
    ...(retired === undefined
      ? {}
      : { retired: listAt(retired, place, 'retired').map((number, at) => numberAt(number, place, `retired[${at}]`)) }),
  };
}

function fieldAt(value: unknown, place: string, path: string): EventField {
  const shape = shapeAt(value, place, path);
  const text = (part: string): string => textAt(shape[part], place, `${path}.${part}`);
  const flag = (part: string): boolean => {
    if (typeof shape[part] !== 'boolean') throw damaged(place, `${path}.${part}`, 'true or false');
    return shape[part];
  };
  return {
    name: text('name'),
    column: text('column'),
    type: typeAt(shape['type'], place, `${path}.type`),
    native: text('native'),
    nullable: flag('nullable'),
    key: flag('key'),
    cursor: flag('cursor'),
    // Each is used for what it is worth; one that is missing is one that the database did not tell.
    facts: shapeAt(shape['facts'], place, `${path}.facts`) as ColumnFacts,
    ...(shape['number'] === undefined ? {} : { number: numberAt(shape['number'], place, `${path}.number`) }),
  };
}

function typeAt(value: unknown, place: string, path: string): ColumnType {
  const { kind, element } = shapeAt(value, place, path);
  if (kind === 'array') return { kind, element: typeAt(element, place, `${path}.element`) };
  if (typeof kind === 'string' && Object.hasOwn(kinds, kind)) return { kind } as ColumnType;
  throw damaged(place, `${path}.kind`, 'a type that this liberate knows');
}

function shapeAt(value: unknown, place: string, path: string): Shape {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(place, path, 'an object');
  return value as Shape;
}

function listAt(value: unknown, place: string, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw damaged(place, path, 'a list');
  return value;
}

function numberAt(value: unknown, place: string, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw damaged(place, path, 'a number above zero');
  return value;
}

function textAt(value: unknown, place: string, path: string): string {
  if (typeof value !== 'string') throw damaged(place, path, 'a text');
  return value;
}

const damaged = (place: string, path: string, wanted: string): LiberateError =>
  new LiberateError('LIB707', `the history of schemas in ${place} cannot be read: ${path} is not ${wanted}`);
