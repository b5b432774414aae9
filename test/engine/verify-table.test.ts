import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestWords, putDigest, recordWords } from '../../src/engine/verify-digest.ts';
import { parts, Spill } from '../../src/engine/verify-spill.ts';
import { DigestTable } from '../../src/engine/verify-table.ts';

type Step = { readonly of: 'row' | 'event'; readonly key: string; readonly value: string | null };

const step: fc.Arbitrary<Step> = fc.record({
  of: fc.constantFrom('row' as const, 'event' as const),
  key: fc.nat(400).map((number) => `k${number}`),
  value: fc.option(fc.constantFrom('a', 'b', 'c')),
});
const steps = fc.array(step, { maxLength: 1500, size: 'max' });

function recordOf(key: string, value: string | null): Uint32Array {
  const record = new Uint32Array(recordWords);
  putDigest(Buffer.from(key), record, 0);
  putDigest(value === null ? null : Buffer.from(value), record, digestWords);
  return record;
}

function expected(row: string | null, event: string | null): string | null {
  if (row === event) return null;
  if (event === null) return 'missing';
  return row === null ? 'extra' : 'stale';
}

/** Where an entry stands among all, as the table gives it out. */
function entryOf(table: DigestTable, key: string): number {
  return table.find(recordOf(key, null), 0);
}

describe('the table of digests', () => {
  it('tells of every key what a Map of its last row and its last event tells, also when it is used again', () => {
    const table = new DigestTable();
    fc.assert(
      fc.property(steps, (all) => {
        table.clear();
        const rows = new Map<string, string | null>();
        const events = new Map<string, string | null>();
        for (const { of, key, value } of all) {
          const record = recordOf(key, value);
          const entry = table.take(record, 0);
          if (of === 'row') table.setRow(entry, record, digestWords);
          else table.setEvent(entry, record, digestWords);
          (of === 'row' ? rows : events).set(key, value);
        }
        const keys = new Set(all.map(({ key }) => key));
        expect(table.count).toBe(keys.size);
        expect(entryOf(table, 'never')).toBe(-1);
        for (const key of keys) {
          const entry = entryOf(table, key);
          const [row, event] = [rows.get(key) ?? null, events.get(key) ?? null];
          expect([table.difference(entry), table.hasRow(entry), table.hasEvent(entry)]).toEqual([
            expected(row, event),
            row !== null,
            event !== null,
          ]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('takes over an entry of another as it stands', () => {
    const [one, other] = [new DigestTable(), new DigestTable()];
    const row = recordOf('k', 'new');
    const entry = one.take(row, 0);
    one.setRow(entry, row, digestWords);
    one.setEvent(entry, recordOf('k', 'old'), digestWords);
    const copied = other.copy(one, entry);
    expect([other.difference(copied), other.isRow(copied, row, digestWords), entryOf(other, 'k')]).toEqual(['stale', true, copied]);
  });
});

describe('the spill', () => {
  it('gives each record back in the part of its key, the records of a key in their order, from memory and from the disk', () => {
    using spill = new Spill();
    const amount = 400_000;
    for (let at = 0; at < amount; at += 1) spill.add(recordOf(`key ${at % 1000}`, String(at)));
    expect([spill.records, spill.bytes > 0]).toEqual([amount, true]);
    const last = new Map<string, number>();
    let records = 0;
    for (let part = 0; part < parts; part += 1) {
      const partOf = new Set<string>();
      const table = new DigestTable();
      for (const run of spill.part(part)) {
        records += run.length / recordWords;
        for (let at = 0; at < run.length; at += recordWords) {
          table.setEvent(table.take(run, at), run, at + digestWords);
          partOf.add(`${run[at]} ${run[at + 1]} ${run[at + 2]}`);
        }
      }
      for (const key of partOf) last.set(key, (last.get(key) ?? 0) + 1);
      for (let number = 0; number < 1000; number += 1) {
        const newest = recordOf(`key ${number}`, String(amount - 1000 + number));
        const entry = table.find(newest, 0);
        if (entry < 0) continue;
        table.setRow(entry, newest, digestWords);
        expect(table.difference(entry)).toBe(null);
      }
    }
    expect(records).toBe(amount);
    expect([last.size, [...last.values()].every((times) => times === 1)]).toEqual([1000, true]);
  });
});
