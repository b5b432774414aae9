import type { Crc32c } from './crc32c.ts';
import type { EncodedRecords } from './encode-records.ts';

/** Bytes before the first record: the header of Kafka's record batch, version 2. */
export const batchHeaderBytes = 61;

/** The sum covers everything from here on. */
const summedFrom = 21;

/** Who writes, and the number of the batch's first record in this partition; -1 in each: not idempotent. */
export interface Sequence {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
}

export interface BatchHeader {
  readonly records: Omit<EncodedRecords, 'from' | 'to'>;
  /** Number of the compression. */
  readonly codec: number;
  readonly sequence: Sequence;
}

/**
 * Writes the header into `wire` at `at`. `body`: the records as they follow it on the wire, packed or not.
 *
 *     base offset 8, length 4, leader epoch 4, magic 1, sum 4, attributes 2, last offset 4, base time 8,
 *     latest time 8, producer id 8, producer epoch 2, sequence 4, count 4
 */
export function putBatchHeader(wire: Buffer, at: number, { records, codec, sequence }: BatchHeader, body: Buffer, crc32c: Crc32c): void {
  wire.fill(0, at, at + 8);
  wire.writeInt32BE(batchHeaderBytes - 12 + body.length, at + 8);
  wire.writeInt32BE(-1, at + 12);
  wire[at + 16] = 2;
  wire.writeInt16BE(codec, at + summedFrom);
  wire.writeInt32BE(records.count - 1, at + 23);
  wire.writeBigInt64BE(BigInt(records.baseTimestamp), at + 27);
  wire.writeBigInt64BE(BigInt(records.maxTimestamp), at + 35);
  wire.writeBigInt64BE(sequence.producerId, at + 43);
  wire.writeInt16BE(sequence.epoch, at + 51);
  wire.writeInt32BE(sequence.sequence, at + 53);
  wire.writeInt32BE(records.count, at + 57);
  const head = crc32c(wire.subarray(at + summedFrom, at + batchHeaderBytes), 0);
  wire.writeUInt32BE(crc32c(body, head), at + 17);
}
