import fc from 'fast-check';
import kafkajs, { type PartitionMetadata } from 'kafkajs';
import { expect, it } from 'vitest';
import { murmur2, Partitioner, partitionOf } from '../../../src/sink/kafka/partition.ts';

/** From the tests of Kafka itself. */
const known: Readonly<Record<string, number>> = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
};

const led = (count: number, leaderless: readonly number[] = []): PartitionMetadata[] =>
  Array.from({ length: count }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: leaderless.includes(partitionId) ? -1 : 1,
    replicas: [],
    isr: [],
  }));

for (const [text, hash] of Object.entries(known)) {
  it(`hashes ${text} as Kafka does`, () => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });
}

it('puts any key where the default partitioner of kafkajs puts it', () => {
  const theirs = kafkajs.Partitioners.DefaultPartitioner();
  const ours = new Partitioner();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (bytes, count) => {
      const message = { key: Buffer.from(bytes), value: null };
      const request = { topic: 't', partitionMetadata: led(count), message };
      expect(ours.choose(request)).toBe(theirs(request));
      expect(partitionOf(bytes, count)).toBe(theirs(request));
    }),
  );
});

it('gives a batch without keys one partition that has a leader, and the next batch the next', () => {
  const partitioner = new Partitioner();
  const choose = () => partitioner.choose({ topic: 't', partitionMetadata: led(4, [2]), message: { key: null, value: null } });
  const chosen = Array.from({ length: 6 }, () => {
    partitioner.turn('t');
    const first = choose();
    expect([choose(), choose()]).toEqual([first, first]);
    return first;
  });
  expect(new Set(chosen.slice(0, 3))).toEqual(new Set([0, 1, 3]));
  expect(chosen.slice(3)).toEqual(chosen.slice(0, 3));
});
