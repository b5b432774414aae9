import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import type { EventModel } from '../../src/schema/event-model.ts';
import { modelAsJson, modelOfJson } from '../../src/schema/kept-model.ts';
import { fieldNumbers, numbered } from '../../src/schema/protobuf/field-numbers.ts';
import { numberOf, protobufOf } from '../../src/schema/protobuf/schema.ts';
import { type Side, specs, versionOf } from './changes.ts';
import { version } from './versions.ts';

const modelOf = (columns: Side['columns']): EventModel => versionOf({ columns, key: [] }, 'protobuf').model;
/** A model as it follows a kept one. */
const following = (was: EventModel, is: EventModel): EventModel =>
  numbered(is, fieldNumbers(modelOfJson(JSON.parse(JSON.stringify(modelAsJson(was))), 'here'), is) ?? undefined);
const message = (model: EventModel): protobuf.Type =>
  protobuf.parse(protobufOf(model.name, 'Value', model.fields, model.retired)).root.lookupType('shop.orders.Value');
const numbers = (model: EventModel): Readonly<Record<string, number>> =>
  Object.fromEntries(message(model).fieldsArray.map(({ name, id }) => [name, id]));

const { integer, text, bigint, bytes } = specs;

describe("a Protobuf field's number", () => {
  it('is that of its place at first, and stays when columns are moved, dropped and added before it', () => {
    const first = modelOf({ a: text, b: integer, c: text });
    expect(numbers(first)).toEqual({ a: 1, b: 2, c: 3 });
    const moved = following(first, modelOf({ c: text, a: text, b: integer }));
    expect(numbers(moved)).toEqual({ c: 3, a: 1, b: 2 });
    const dropped = following(moved, modelOf({ n: text, c: text, b: integer }));
    expect(numbers(dropped)).toEqual({ n: 4, c: 3, b: 2 });
    expect(protobufOf('t', 'Value', dropped.fields, dropped.retired)).toContain('  reserved 1;\n');
    // Never again, not by the column itself either: what it was is not known any more.
    expect(numbers(following(dropped, modelOf({ a: text, c: text, b: integer })))).toEqual({ a: 5, c: 3, b: 2 });
  });

  it('is another where the type is another on the wire, and stays where one of the two is read as the other', () => {
    const first = modelOf({ a: integer, b: text });
    expect(numbers(following(first, modelOf({ a: bigint, b: bytes })))).toEqual({ a: 1, b: 2 });
    expect(numbers(following(first, modelOf({ a: text, b: text })))).toEqual({ a: 3, b: 2 });
  });

  it('never means two columns in a history', () => {
    fc.assert(
      fc.property(fc.array(version('protobuf'), { minLength: 2, maxLength: 5 }), (versions) => {
        const meant = new Map<number, string>();
        let model: EventModel | null = null;
        for (const { model: next } of versions) {
          const last: EventModel | null = model;
          model = last === null ? next : following(last, next);
          const present = model.fields.map((field, at) => ({ name: field.name, id: numberOf(field, at) }));
          for (const { name, id } of present) expect([id, meant.get(id) ?? name]).toEqual([id, name]);
          for (const { name, id } of present) meant.set(id, name);
          expect(Object.keys(message(model).fieldsById).map(Number).sort()).toEqual(present.map(({ id }) => id).sort());
          for (const id of model.retired ?? []) expect(message(model).fieldsById[id]).toBeUndefined();
        }
      }),
    );
  });

  it('lets a reader of the schema before read new events, and the other way round, after columns were moved and dropped', () => {
    const first = modelOf({ a: text, b: integer, c: text });
    const second = following(first, modelOf({ c: text, d: integer, b: integer }));
    const [old, now] = [message(first), message(second)];
    expect(old.toObject(old.decode(now.encode({ c: 'see', d: 4, b: 2 }).finish()))).toEqual({ c: 'see', b: 2 });
    expect(now.toObject(now.decode(old.encode({ a: 'ah', b: 2, c: 'see' }).finish()))).toEqual({ c: 'see', b: 2 });
  });
});
