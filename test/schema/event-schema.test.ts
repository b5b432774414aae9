import { describe, expect, it } from 'vitest';
import { eventSchema } from '../../src/schema/event-schema.ts';
import { column } from './column.ts';

const id = column('id', 'integer', 'bigint', false);
const name = column('name', 'text', 'text', true);
const noRules = { include: null, exclude: [], rename: {} };
const whole = eventSchema([id, name], noRules, [id]);

describe('an event schema', () => {
  it('has every column as a field, in order, unless the rules say otherwise', () => {
    const fields = (include: readonly string[] | null): readonly string[] =>
      eventSchema([id, name], { ...noRules, include }, []).fields.map((field) => field.name);
    expect(fields(null)).toEqual(['id', 'name']);
    expect(fields(['name', 'id'])).toEqual(['id', 'name']);
    expect(fields(['name'])).toEqual(['name']);
    expect(eventSchema([id, name], { include: ['id', 'name'], exclude: ['id'], rename: { name: 'title' } }, []).fields).toEqual([
      { name: 'title', column: name },
    ]);
  });

  it('keeps the order of the key, under the published names', () => {
    const schema = eventSchema([id, name], { ...noRules, rename: { id: 'key' } }, [name, id]);
    expect(schema.key.map((field) => field.name)).toEqual(['name', 'key']);
  });

  it('takes names that every object has for names', () => {
    const odd = eventSchema([column('constructor'), column('toString')], noRules, []);
    expect(odd.fields.map((field) => field.name)).toEqual(['constructor', 'toString']);
  });

  it('has a fingerprint of 16 hex digits that is the same in every process', () => {
    expect(whole.fingerprint).toBe(eventSchema([{ ...id }, { ...name }], { ...noRules }, [{ ...id }]).fingerprint);
    expect(whole.fingerprint).toMatchInlineSnapshot(`"360da49ffa6c8e45"`);
  });

  it.each([
    ['a field more', eventSchema([id, name, column('more')], noRules, [id])],
    ['a field less', eventSchema([id], noRules, [id])],
    ['another order', eventSchema([name, id], noRules, [id])],
    ['another name', eventSchema([id, name], { ...noRules, rename: { name: 'title' } }, [id])],
    ['another type', eventSchema([id, column('name', 'json', 'text')], noRules, [id])],
    ['another native type', eventSchema([id, column('name', 'text', 'varchar(10)')], noRules, [id])],
    ['other nullability', eventSchema([id, column('name', 'text', 'text', false)], noRules, [id])],
    ['no key', eventSchema([id, name], noRules, [])],
    ['another key', eventSchema([id, name], noRules, [id, name])],
  ])('has another fingerprint with %s', (_what, other) => {
    expect(other.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(other.fingerprint).not.toBe(whole.fingerprint);
  });
});
