import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';

/** A segment of the first version: 64 bits of sha256 of each value, zero for a tombstone. */
export function sha256Segment(entries: readonly (readonly [key: string, value: string | null])[]): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(1);
  head.writeUInt32LE(entries.length, 1);
  const digests = entries.map(([, value]) =>
    value === null ? Buffer.alloc(8) : createHash('sha256').update(value).digest().subarray(0, 8),
  );
  const keys = entries.flatMap(([key]) => [Buffer.from([key.length]), Buffer.from(key)]);
  return Buffer.concat([head, ...digests, deflateRawSync(Buffer.concat(keys))]);
}
