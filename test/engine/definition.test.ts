import { describe, expect, it } from 'vitest';
import { sameDefinition } from '../../src/engine/definition.ts';
import type { Definition } from '../../src/model/state.ts';

const saved: Definition = { mode: 'timestamp', cursor: ['updated_at'], key: ['id'], relation: 'table shop.orders' };

describe('the definition of a saved mark', () => {
  it('is the same when mode, cursor, key and relation are', () => {
    expect(sameDefinition({ ...saved, cursor: ['updated_at'] }, saved)).toBeNull();
  });

  it.each<readonly [Partial<Definition>, string]>([
    [{ relation: 'table shop.other' }, 'the saved mark belongs to table shop.orders, and the job reads table shop.other'],
    [
      { relation: 'table shop.orders where sha256:1' },
      'the saved mark belongs to table shop.orders, and the job reads table shop.orders where sha256:1',
    ],
    [{ mode: 'incrementing' }, "the saved mark was taken in mode timestamp, and the job's mode is incrementing"],
    [{ cursor: ['created_at'] }, "the saved mark is of cursor updated_at, and the job's cursor is created_at"],
    [{ cursor: ['updated_at', 'created_at'] }, "the saved mark is of cursor updated_at, and the job's cursor is updated_at, created_at"],
    [{ key: [] }, "the saved mark was taken with key id, and the job's key is none"],
  ])('is another with %o, and says what changed', (change, words) => {
    expect(sameDefinition({ ...saved, ...change }, saved)).toBe(words);
  });

  it('tells one query from another by its text', () => {
    const query = { ...saved, relation: 'query sha256:1' };
    expect(sameDefinition(query, { ...saved, relation: 'query sha256:2' })).toBe(
      "the query's text is not the one that the saved mark was taken with",
    );
    expect(sameDefinition(query, saved)).toContain('belongs to table shop.orders');
  });

  it('cares for the order of cursor and key', () => {
    expect(sameDefinition({ ...saved, key: ['a', 'b'] }, { ...saved, key: ['b', 'a'] })).not.toBeNull();
  });
});
