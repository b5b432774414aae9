import type { FieldNumbers } from '../../model/format.ts';
import { unreadType } from '../compatibility/reading-protobuf.ts';
import type { EventField, EventModel } from '../event-model.ts';
import { numberAfter, numberOf } from './schema.ts';

/**
 * The numbers of the fields of `is`, which follows `was`. A field that was there keeps its number, wherever it stands now; a new one has
 * one that was never used. So has one whose type is another on the wire, since old readers would misread it by its old number. null: they
 * are those of the places.
 */
export function fieldNumbers(was: EventModel, is: EventModel): FieldNumbers | null {
  const before = new Map(was.fields.map((field, at) => [field.name, { field, number: numberOf(field, at) }]));
  const used = [...[...before.values()].map(({ number }) => number), ...(was.retired ?? [])];
  let last = Math.max(0, ...used);
  const numbers = is.fields.map((field) => {
    const old = before.get(field.name);
    if (old !== undefined && isSameOnWire(old.field, field)) return old.number;
    last = numberAfter(last);
    return last;
  });
  const retired = used.filter((number) => !numbers.includes(number)).sort((one, other) => one - other);
  if (retired.length === 0 && is.fields.every((_, at) => numbers[at] === numberOf({}, at))) return null;
  return { of: Object.fromEntries(is.fields.map(({ name }, at) => [name, numbers[at] as number])), retired };
}

const isSameOnWire = (was: EventField, is: EventField): boolean => unreadType(was, is) === null || unreadType(is, was) === null;

/** The model with its fields under these numbers. */
export function numbered(model: EventModel, numbers: FieldNumbers | undefined): EventModel {
  if (numbers === undefined) return model;
  const own = new Map(Object.entries(numbers.of));
  const fields = model.fields.map((field) => {
    const number = own.get(field.name);
    return number === undefined ? field : { ...field, number };
  });
  return { ...model, fields, ...(numbers.retired.length === 0 ? {} : { retired: numbers.retired }) };
}
