import { describe, expect, it } from 'vitest';
import { type SchemaVersion, verdictOf } from '../../src/schema/compatibility.ts';
import { everyKind } from './model.ts';

const version = (): SchemaVersion => ({ model: everyKind(), format: 'json', keyFormat: 'json', envelope: 'none' });

describe('a verdict', () => {
  it('is that a stream without a history, and one that did not change, break nobody', () => {
    expect(verdictOf([], version(), 'full-transitive')).toEqual({
      ok: true,
      compatibility: 'full-transitive',
      differences: [],
      breaks: [],
    });
    expect(verdictOf([version()], version(), 'full')).toMatchObject({ ok: true, differences: [] });
  });
});
