import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordBatch } from '../../../../src/model/record-batch.ts';
import { loadPacker } from '../../../../src/sink/kafka/codecs.ts';
import { partitionOf } from '../../../../src/sink/kafka/partition.ts';
import { BatchEncoder } from '../../../../src/sink/kafka/wire/batch-encoder.ts';
import { loadCrc32c, tableCrc32c } from '../../../../src/sink/kafka/wire/crc32c.ts';
import { splitByPartition } from '../../../../src/sink/kafka/wire/split.ts';
import { WireBuffers } from '../../../../src/sink/kafka/wire/wire-buffers.ts';
import { type DecodedBatch, decodeBatch } from './decode-batch.ts';

type Compression = Parameters<typeof loadPacker>[0];
const numbered = { producerId: 9_007_199_254_740_993n, epoch: 7, sequence: 2 ** 31 - 1 };

interface Event {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly at: number;
}

type Headers = Readonly<Record<string, string>>;

function batchOf(events: readonly Event[], headers: Headers, ofTombstones = headers): RecordBatch {
  const batch = new RecordBatch(headers, 16, ofTombstones);
  for (const { key, value, at } of events) {
    batch.add({ key: key && Buffer.from(key), value: value && Buffer.from(value), timestamp: String(at) });
  }
  return batch;
}

const buffers = new WireBuffers(2);

/** Writes the batch as it would leave, and reads it again. */
async function written(
  batch: RecordBatch,
  partitions: number,
  compression: Compression = 'none',
): Promise<ReadonlyMap<number, DecodedBatch>> {
  const crc32c = loadCrc32c();
  const encoder = new BatchEncoder(buffers, await loadPacker(compression), crc32c);
  const { batches, buffer } = await encoder.encode(
    batch,
    splitByPartition(batch, partitions, () => partitions - 1),
  );
  const decoded = new Map<number, DecodedBatch>();
  for (const { partition, count, seal } of batches) {
    const bytes = Buffer.concat(seal(numbered));
    expect(bytes.readUInt32BE(17)).toBe(tableCrc32c()(bytes.subarray(21), 0));
    const read = await decodeBatch(bytes);
    expect(read.records).toHaveLength(count);
    decoded.set(partition, read);
  }
  buffers.give(buffer);
  return decoded;
}

const bytes = fc.option(fc.uint8Array({ maxLength: 200 }), { freq: 5 });
const time = fc.oneof(
  fc.integer({ min: 1.7e12, max: 1.7e12 + 1e6 }),
  fc.integer({ min: 0, max: 4e12 }),
  fc.constantFrom(0, 2 ** 30, 2 ** 31, 2 ** 52, Number.MAX_SAFE_INTEGER),
);
const events = fc.array(fc.record({ key: bytes, value: bytes, at: time }), { minLength: 1, maxLength: 300, size: 'large' });
const headers = fc.dictionary(
  fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__'),
  fc.string({ unit: 'grapheme' }),
  { maxKeys: 4 },
);

describe('a record batch', () => {
  it('is read by kafkajs as what it was made of, whatever the bytes, times, headers and partitions', async () => {
    await fc.assert(
      fc.asyncProperty(events, headers, headers, fc.integer({ min: 1, max: 7 }), async (all, common, ofTombstones, partitions) => {
        const decoded = await written(batchOf(all, common, ofTombstones), partitions);
        const expected = new Map<number, Event[]>();
        for (const event of all) {
          const partition = partitions === 1 ? 0 : event.key === null ? partitions - 1 : partitionOf(event.key, partitions);
          expected.set(partition, [...(expected.get(partition) ?? []), event]);
        }
        expect([...decoded.keys()]).toEqual([...expected.keys()].sort((a, b) => a - b));
        for (const [partition, batch] of decoded) {
          const its = expected.get(partition) as Event[];
          const found = batch.records.map(({ key, value, timestamp }) => ({ key: key && [...key], value: value && [...value], timestamp }));
          expect(found).toEqual(
            its.map(({ key, value, at }) => ({ key: key && [...key], value: value && [...value], timestamp: String(at) })),
          );
          expect(batch.records.map(({ offset }) => offset)).toEqual(its.map((_, at) => String(at)));
          expect(batch.lastOffsetDelta).toBe(its.length - 1);
          expect(batch.maxTimestamp).toBe(String(its.reduce((latest, { at }) => Math.max(latest, at), 0)));
          expect([batch.producerId, batch.producerEpoch, batch.firstSequence]).toEqual(['9007199254740993', 7, 2 ** 31 - 1]);
          for (const { value, headers: one } of batch.records) {
            expect(Object.fromEntries(Object.entries(one).map(([name, text]) => [name, text.toString()]))).toEqual(
              value === null ? { ...ofTombstones } : { ...common },
            );
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'is read by kafkajs packed with %s, of one partition and of several',
    async (codec) => {
      const all = Array.from({ length: 500 }, (_, at) => ({
        key: Buffer.from(`{"id":${at}}`),
        value: at % 7 === 0 ? null : Buffer.from(`{"id":${at},"text":"${'abc '.repeat(50)}"}`),
        at: 1.7e12 - at * 1e8,
      }));
      for (const partitions of [1, 3]) {
        const decoded = await written(batchOf(all, { 'liberate.op': 'upsert' }), partitions, codec);
        const values = [...decoded.values()].flatMap(({ records }) => records.map(({ key, value }) => `${key} ${value}`));
        expect(values.sort()).toEqual(all.map(({ key, value }) => `${key} ${value}`).sort());
      }
    },
  );

  it('of a record of megabytes beside small ones comes whole', async () => {
    const wide = { key: Buffer.from('wide'), value: Buffer.alloc(5_000_000, 'w'), at: 1 };
    const small = { key: Buffer.from('small'), value: null, at: 0 };
    const decoded = await written(batchOf([small, wide, small], {}), 1);
    expect(decoded.get(0)?.records.map(({ value }) => value?.length ?? null)).toEqual([null, 5_000_000, null]);
  });

  it('with a time that is none is refused with LIB309', async () => {
    await expect(written(batchOf([{ key: null, value: null, at: Number.NaN }], {}), 1)).rejects.toMatchObject({ code: 'LIB309' });
  });
});
