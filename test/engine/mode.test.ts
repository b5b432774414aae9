import { describe, expect, it } from 'vitest';
import { cursorKind, resolveMode } from '../../src/engine/mode.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Column } from '../../src/model/column.ts';
import type { Mode } from '../../src/model/job.ts';
import { column } from '../schema/column.ts';
import { job } from './job.ts';

const stamp = column('at', 'timestamptz', 'timestamp with time zone');
const id = column('id', 'integer', 'bigint');
const text = column('code', 'text', 'varchar(10)');
const sqlite = (native: string): Column => column('c', 'dynamic', native);

describe('the kind of a cursor', () => {
  it.each([
    [column('c', 'date'), 'temporal'],
    [column('c', 'timestamp'), 'temporal'],
    [stamp, 'temporal'],
    [id, 'integer'],
    [column('c', 'decimal'), 'other'],
    [column('c', 'time'), 'other'],
    [sqlite('DATETIME'), 'temporal'],
    [sqlite('timestamp'), 'temporal'],
    [sqlite('INTEGER'), 'integer'],
    [sqlite('TEXT'), 'other'],
    [sqlite(''), 'unsaid'],
    [sqlite('ANY'), 'unsaid'],
  ])('of %o is %s', (of, kind) => {
    expect(cursorKind(of)).toBe(kind);
  });
});

describe('the mode of a job', () => {
  it.each<readonly [Mode | null, readonly Column[], Mode]>([
    [null, [], 'bulk'],
    [null, [stamp], 'timestamp'],
    [null, [id], 'incrementing'],
    [null, [sqlite('')], 'timestamp'],
    ['incrementing', [sqlite('')], 'incrementing'],
    ['timestamp+incrementing', [stamp], 'timestamp+incrementing'],
    ['timestamp', [sqlite('INTEGER')], 'timestamp'],
    ['incrementing', [column('n', 'decimal')], 'incrementing'],
  ])('%s with the cursor %o is %s', (mode, cursor, expected) => {
    expect(resolveMode(job({ mode }), cursor)).toBe(expected);
  });

  it.each<readonly [Mode | null, readonly Column[], string]>([
    [null, [text], "the mode cannot be told from the cursor's type: code is varchar(10)"],
    ['timestamp', [text], 'mode timestamp needs a date or timestamp cursor; code is varchar(10)'],
    ['timestamp', [id], 'mode timestamp needs a date or timestamp cursor; id is bigint'],
    ['timestamp+incrementing', [id], 'mode timestamp+incrementing needs a date or timestamp cursor'],
    ['incrementing', [stamp], 'mode incrementing needs a number that only grows; at is timestamp with time zone'],
    [null, [stamp, column('day', 'date', 'date')], 'the cursor mixes at (timestamp with time zone) and day (date)'],
  ])('%s does not fit the cursor %o', (mode, cursor, message) => {
    const refused = (): Mode => resolveMode(job({ mode }), cursor);
    expect(refused).toThrow(LiberateError);
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ code: 'LIB208' }));
  });
});
