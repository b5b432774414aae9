import { createRequire } from 'node:module';
import { registerCodecs } from '../../../support/codecs.ts';

/** A record batch as kafkajs reads it: the second opinion on what we write. */
export interface DecodedBatch {
  readonly lastOffsetDelta: number;
  readonly firstTimestamp: string;
  readonly maxTimestamp: string;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly records: readonly DecodedRecord[];
}

export interface DecodedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

const require = createRequire(import.meta.url);

export async function decodeBatch(bytes: Buffer): Promise<DecodedBatch> {
  registerCodecs();
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown;
  const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: unknown) => Promise<DecodedBatch>;
  const length = bytes.readInt32BE(8);
  if (bytes.length !== 12 + length) throw new Error(`the batch says ${length} bytes and has ${bytes.length - 12}`);
  return decode(new Decoder(bytes));
}
