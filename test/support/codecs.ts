import { createRequire } from 'node:module';
import * as zstd from '@mongodb-js/zstd';
import kafkajs, { type CompressionTypes } from 'kafkajs';
import * as lz4 from 'lz4-napi';

// Node cannot see these two among the exports of a CommonJS module, though vitest can.
const { CompressionCodecs, CompressionTypes: types } = kafkajs;

interface Codec {
  readonly compress: (encoder: { readonly buffer: Buffer }) => Promise<Buffer>;
  readonly decompress: (bytes: Buffer) => Promise<Buffer>;
}

/** It has no types of its own. */
const snappy: () => Codec = createRequire(import.meta.url)('kafkajs-snappy');

/** kafkajs brings gzip only, and the tests must read whatever liberate writes. */
export function registerCodecs(): void {
  registerUnlessThere(types.Snappy, snappy);
  registerUnlessThere(types.LZ4, () => ({
    compress: ({ buffer }) => lz4.compressFrame(buffer),
    decompress: (bytes) => lz4.decompressFrame(bytes),
  }));
  registerUnlessThere(types.ZSTD, () => ({
    compress: ({ buffer }) => zstd.compress(buffer),
    decompress: (bytes) => zstd.decompress(bytes),
  }));
}

type Optional = CompressionTypes.Snappy | CompressionTypes.LZ4 | CompressionTypes.ZSTD;

/** The table is the whole process's: liberate's own codecs, when it runs in this one, stay. */
function registerUnlessThere(type: Optional, codec: () => Codec): void {
  try {
    CompressionCodecs[type]();
  } catch {
    CompressionCodecs[type] = codec;
  }
}
