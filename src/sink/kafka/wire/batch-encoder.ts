import type { RecordBatch } from '../../../model/record-batch.ts';
import type { Packer } from '../codecs.ts';
import { batchHeaderBytes, putBatchHeader, type Sequence } from './batch-header.ts';
import type { Crc32c } from './crc32c.ts';
import { type EncodedRecords, encodedBound, encodeHeaders, encodeOwnHeaders, RecordEncoder } from './encode-records.ts';
import type { Split } from './split.ts';
import type { WireBuffers } from './wire-buffers.ts';

/** One record batch of the wire, ready but for who sends it and its number. */
export interface EncodedBatch {
  readonly partition: number;
  readonly count: number;
  /** Writes the header; the chunks are valid until the batch's buffer is given back. */
  seal(sequence: Sequence): readonly Buffer[];
}

export interface EncodedBatches {
  readonly batches: readonly EncodedBatch[];
  /** The buffer that they lie in, to be given back when nothing of them is under way any more. */
  readonly buffer: Buffer;
}

/** Turns packed records into the record batches of the wire, one for each partition. */
export class BatchEncoder {
  readonly #buffers: WireBuffers;
  readonly #packer: Packer;
  readonly #crc32c: Crc32c;
  readonly #headers = new HeaderBytes();
  readonly #tombstoneHeaders = new HeaderBytes();

  constructor(buffers: WireBuffers, packer: Packer, crc32c: Crc32c) {
    this.#buffers = buffers;
    this.#packer = packer;
    this.#crc32c = crc32c;
  }

  async encode(batch: RecordBatch, { order, shares }: Split): Promise<EncodedBatches> {
    const headers = {
      upsert: this.#headers.of(batch.headers),
      tombstone: this.#tombstoneHeaders.of(batch.tombstoneHeaders),
      own: encodeOwnHeaders(batch),
    };
    const bound = encodedBound(batch, headers) + shares.length * batchHeaderBytes;
    const buffer = this.#buffers.take(bound + batch.length + headers.upsert.length + headers.tombstone.length);
    const encoder = new RecordEncoder(batch, headers, buffer, bound);
    const batches: EncodedBatch[] = [];
    let at = 0;
    for (const { partition, first, last } of shares) {
      const records = encoder.encode(order, first, last, at + batchHeaderBytes);
      const body = buffer.subarray(records.from, records.to);
      batches.push(this.#encoded(partition, records, buffer, this.#packer.pack === null ? body : await this.#packer.pack(body)));
      at = records.to;
    }
    return { batches, buffer };
  }

  #encoded(partition: number, records: EncodedRecords, buffer: Buffer, body: Buffer): EncodedBatch {
    const { count } = records;
    const at = records.from - batchHeaderBytes;
    const packed = this.#packer.pack !== null;
    return {
      partition,
      count,
      seal: (sequence) => {
        putBatchHeader(buffer, at, { records, codec: this.#packer.type, sequence }, body, this.#crc32c);
        return packed ? [buffer.subarray(at, records.from), body] : [buffer.subarray(at, records.to)];
      },
    };
  }
}

/** A job has the same headers in all its batches. */
class HeaderBytes {
  #headers: RecordBatch['headers'] = {};
  #bytes = encodeHeaders({});

  of(headers: RecordBatch['headers']): Buffer {
    if (headers !== this.#headers) {
      this.#bytes = encodeHeaders(headers);
      this.#headers = headers;
    }
    return this.#bytes;
  }
}
