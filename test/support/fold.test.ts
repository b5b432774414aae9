import { expect, test } from 'vitest';
import { fold, type TopicRecord } from './topics.ts';

const record = (offset: number, key: string | null, value: string | null): TopicRecord => ({
  partition: 0,
  offset,
  key,
  value,
  headers: {},
  timestamp: 0,
});

test('the last value of a key counts', () => {
  expect([...fold([record(0, 'a', '1'), record(1, 'b', '2'), record(2, 'a', '3')])]).toEqual([
    ['a', '3'],
    ['b', '2'],
  ]);
});

test('a tombstone removes its key, and a later value brings it back', () => {
  expect(fold([record(0, 'a', '1'), record(1, 'a', null)]).size).toBe(0);
  expect(fold([record(0, 'a', '1'), record(1, 'a', null), record(2, 'a', '2')]).get('a')).toBe('2');
});

test('a record without a key cannot be folded and is named', () => {
  expect(() => fold([record(7, null, '1')])).toThrow('partition 0, offset 7');
});
