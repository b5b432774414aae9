import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newSeed, putEventDigest, putUnknown, seedOf } from '../../src/engine/event-digest.ts';
import { planJob } from '../../src/engine/job-plan.ts';
import { KeySpill } from '../../src/engine/key-spill.ts';
import { halvesOf, holds, unitsOf } from '../../src/engine/published-buckets.ts';
import { readSegment, SegmentWriter } from '../../src/engine/published-segment.ts';
import { promiseOf } from '../../src/engine/told-deletes.ts';
import { digestWords, isNothing, isSame, putDigest, recordWords } from '../../src/engine/verify-digest.ts';
import { hashAt, partOf, parts } from '../../src/engine/verify-spill.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Job } from '../../src/model/job.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import { sha256Segment } from '../support/sha256-segment.ts';
import { job, shape } from './job.ts';

const seed = seedOf(newSeed());
const digestOf = (value: Buffer | null): Uint32Array => {
  const event = new RecordBatch({}, 16);
  event.add({ key: null, value, timestamp: '0' });
  const words = new Uint32Array(digestWords);
  putEventDigest(event, seed, words, 0);
  return words;
};
const same = (a: Uint32Array, b: Uint32Array): boolean => isSame(a, 0, b, 0);

describe('a segment', () => {
  it('gives back keys of any bytes and length with their digests, in order', () => {
    const entry = fc.record({
      key: fc.uint8Array({ maxLength: 400, size: 'max' }).map((bytes) => Buffer.from(bytes)),
      value: fc.option(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
        const writer = new SegmentWriter();
        for (const { key, value } of entries) writer.add(key, digestOf(value), 0);
        expect(writer.count).toBe(entries.length);
        const read: { readonly key: Buffer; readonly right: boolean }[] = [];
        readSegment(writer.take(), true, (key, digest) => {
          read.push({ key: Buffer.from(key), right: same(digest, digestOf(entries[read.length]?.value ?? null)) });
        });
        expect(read).toEqual(entries.map(({ key }) => ({ key, right: true })));
        expect(writer.count).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('that is not sure has digests like no value and no tombstone', () => {
    const writer = new SegmentWriter();
    for (const value of [Buffer.from('a'), null]) writer.add(Buffer.from('k'), digestOf(value), 0);
    let seen = 0;
    readSegment(writer.take(), false, (_key, digest) => {
      seen += 1;
      expect(isNothing(digest, 0)).toBe(false);
      expect(same(digest, digestOf(Buffer.from('a')))).toBe(false);
    });
    expect(seen).toBe(2);
  });

  it('of the version before has its keys and its tombstones, and of its values nothing that could be taken for one', () => {
    const entries = [
      ['a', '{"id":"a"}'],
      ['b', null],
      ['longer than a key of which a loop makes short work, by some bytes', 'x'],
    ] as const;
    const unknown = new Uint32Array(digestWords);
    putUnknown(unknown, 0);
    const read: [string, string][] = [];
    const look = (key: Buffer, digest: Uint32Array): void => {
      read.push([String(key), isNothing(digest, 0) ? 'tombstone' : same(digest, unknown) ? 'unknown' : 'known']);
    };
    readSegment(sha256Segment(entries), true, look);
    expect(read).toEqual(entries.map(([key, value]) => [key, value === null ? 'tombstone' : 'unknown']));
    read.length = 0;
    readSegment(sha256Segment(entries), false, look);
    expect(read).toEqual(entries.map(([key]) => [key, 'unknown']));
  });

  it('keeps what is unknown unknown when it is written again', () => {
    const writer = new SegmentWriter();
    const unknown = new Uint32Array(digestWords);
    putUnknown(unknown, 0);
    writer.add(Buffer.from('k'), unknown, 0);
    readSegment(writer.take(), true, (_key, digest) => expect(same(digest, unknown)).toBe(true));
    expect.assertions(1);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another version', Buffer.from([3, 0, 0, 0, 0, 3, 0])],
    ['fewer digests than it says', Buffer.from([1, 9, 0, 0, 0, 3, 0])],
    ['fewer keys than it says', Buffer.from([2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0])],
  ])('is refused when it is %s', (_, bytes) => {
    expect(() => readSegment(bytes, true, () => undefined)).toThrow(LiberateError);
  });
});

describe('buckets', () => {
  /** A tree whose leaves are halved at random. */
  const leaves = fc.array(fc.nat(), { maxLength: 40 }).map((picks) => {
    const tree = [1];
    for (const pick of picks) tree.splice(pick % tree.length, 1, ...halvesOf(tree[pick % tree.length] as number));
    return tree;
  });
  const hash = fc.integer({ min: 0, max: 2 ** 32 - 1 });

  it('hold each hash once, and so do their units, whose parts are those of the hash', () => {
    fc.assert(
      fc.property(leaves, hash, (tree, one) => {
        const owners = tree.filter((bucket) => holds(bucket, one));
        expect(owners).toHaveLength(1);
        const units = unitsOf(tree).filter(({ from, to }) => partOf(one) >= from && partOf(one) < to);
        expect(units).toHaveLength(1);
        expect(units[0]?.buckets).toContain(owners[0]);
      }),
    );
  });

  it('stand for all hashes when there are none', () => {
    expect(unitsOf([])).toEqual([{ buckets: [1], from: 0, to: parts }]);
  });
});

describe('spilled keys', () => {
  it('come back by part and in order, also those that are larger than a block', () => {
    using spill = new KeySpill();
    const record = new Uint32Array(recordWords);
    const wanted = new Map<number, [string, number][]>();
    for (let at = 0; at < 30_000; at += 1) {
      const key = at === 17 ? 'x'.repeat(50_000) : `{"id":${at}}`;
      putDigest(Buffer.from(key), record, 0);
      spill.add(Buffer.from(key), at * 2 ** 33, record);
      const part = partOf(hashAt(record, 0));
      wanted.set(part, [...(wanted.get(part) ?? []), [key, at * 2 ** 33]]);
    }
    for (let part = 0; part < parts; part += 1) {
      const found = [...spill.part(part)].map(({ key, seq }) => [String(key), seq]);
      expect(found).toEqual(wanted.get(part) ?? []);
    }
  });
});

describe('the guarantee', () => {
  const said = (some: Partial<Job>, sink: 'kafka' | 'stdout' = 'kafka'): string => {
    const input = { relation: { kind: 'table', table: { schema: null, name: 'orders' } }, shape: shape(), timezone: null } as const;
    const plan = planJob({ ...input, name: 'orders', job: job(some), topicNames: { source: 's', schema: 'p', table: 'orders' } });
    const sight = { privilege: null, missing: false, raise: null, assumedMs: 60_000 };
    const { guarantee, method, blind } = promiseOf(plan, { kind: sink }, sight, { now: 2n, floor: 1n, method: 'oldest open transaction' });
    return `${guarantee} (${method}) ${blind.join()}`;
  };

  it('names deletes, by which method and how often, where they are told', () => {
    expect(said({ reconcile: 3_600_000 })).not.toContain('a DELETE');
    expect(said({ reconcile: 3_600_000 })).toContain(
      'every row whose stamp the server makes, late commits included; deletes, changed keys and what the cursor cannot see within 1h (look-back to oldest open transaction, repeats dropped; all keys compared with what was published every 1h)',
    );
    expect(said({ cursor: ['id'], reconcile: 60_000 })).toMatch(
      /^every inserted row, late commits included;.* deletes, changed keys and what the cursor cannot see within 1m/,
    );
    expect(said({ cursor: [] })).toContain('a tombstone for each that is gone');
  });

  it('says that they are not told where they are not', () => {
    expect(said({})).toContain('deletes are not told');
    expect(said({ cursor: [] }, 'stdout')).toContain('deletes are not told');
    expect(said({ reconcile: 1000 }, 'stdout')).toContain('deletes are not told');
  });
});
