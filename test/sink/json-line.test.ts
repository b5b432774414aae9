import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutboundRecord } from '../../src/model/record.ts';
import { LineBuffer } from '../../src/sink/json-line.ts';
import { batchOf } from './batch.ts';

const record = (key: string | null, value: string | null, timestamp = 0): OutboundRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  timestamp: String(timestamp),
  headers: { op: value === null ? 'delete' : 'größe "x"' },
});

/** A line as JSON.stringify would make it of its parts. */
const expected = (topic: string | null, { key, value, timestamp, headers }: OutboundRecord): string =>
  `{${topic === null ? '' : `"topic":${JSON.stringify(topic)},`}"key":${key ?? 'null'},"value":${value ?? 'null'},"timestamp":"${new Date(Number(timestamp)).toISOString()}","headers":${JSON.stringify(headers)}}\n`;

const json = fc.option(fc.json(), { freq: 5 });
const furthest = 8.64e15;

describe('lines', () => {
  it('are what JSON.stringify and toISOString would make of the same records, whatever they hold', () => {
    const records = fc.array(fc.record({ key: json, value: json, at: fc.integer({ min: -furthest, max: furthest }) }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(records, { maxLength: 4 }), fc.option(fc.string()), (batches, topic) => {
        const lines = new LineBuffer();
        const made = batches.map((batch) => batch.map(({ key, value, at }) => record(key, value, at)));
        for (const batch of made) {
          lines.clear();
          lines.add(topic, batchOf(batch));
          expect(lines.bytes().toString()).toBe(batch.map((one) => expected(topic, one)).join(''));
        }
      }),
    );
  });

  it('print the same day and its neighbours right, each side of midnight', () => {
    const day = Date.UTC(2024, 1, 29);
    const stamps = [0, 1, 59_999, 3_599_999, 86_399_999, 86_400_000, -1, -86_400_000].map((offset) => day + offset);
    const records = stamps.map((at) => record('1', '2', at));
    const lines = new LineBuffer();
    lines.add(null, batchOf(records));
    expect(lines.bytes().toString()).toBe(records.map((one) => expected(null, one)).join(''));
  });

  it('of several batches follow each other until they are cleared', () => {
    const lines = new LineBuffer();
    const wide = record('1', `"${'x'.repeat(100_000)}"`);
    for (let round = 0; round < 3; round += 1) lines.add('t', batchOf([wide, record('2', null)]));
    expect(lines.bytes().toString()).toBe((expected('t', wide) + expected('t', record('2', null))).repeat(3));
    lines.clear();
    expect(lines.bytes()).toHaveLength(0);
  });
});
