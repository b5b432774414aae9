import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import kafkajs, { type CompressionTypes } from 'kafkajs';
import { LiberateError } from '../../kit/errors.ts';
import type { KafkaSinkConfig } from '../sink-config.ts';

// Node finds only the first of the names that this CommonJS package exports.
const { CompressionCodecs, CompressionTypes: numbers } = kafkajs;

type Compression = KafkaSinkConfig['compression'];

/** A codec as kafkajs calls it; `encoder.buffer` holds the records of one batch. */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(data: Buffer): Promise<Buffer>;
}

type Transform = (data: Buffer) => Promise<Buffer>;

/** Node has zstd from 22.15 on; the types of the oldest Node that we support do not know it. */
interface ZlibWithZstd {
  readonly zstdCompress?: (data: Buffer, done: (error: Error | null, result: Buffer) => void) => void;
  readonly zstdDecompress?: (data: Buffer, done: (error: Error | null, result: Buffer) => void) => void;
}

const codec = (compress: Transform, decompress: Transform): Codec => ({
  compress: (encoder) => compress(encoder.buffer),
  decompress,
});

const loaders = {
  async snappy(): Promise<Codec> {
    // The package has no types; it is CommonJS and exports a function that makes the codec.
    return (createRequire(import.meta.url)('kafkajs-snappy') as () => Codec)();
  },
  async lz4(): Promise<Codec> {
    const { compressFrame, decompressFrame } = await import('lz4-napi');
    return codec(compressFrame, decompressFrame);
  },
  async zstd(): Promise<Codec> {
    const { zstdCompress, zstdDecompress } = zlib as ZlibWithZstd;
    if (zstdCompress && zstdDecompress) return codec(promisify(zstdCompress), promisify(zstdDecompress));
    const { compress, decompress } = await import('@mongodb-js/zstd');
    return codec(compress, decompress);
  },
};

const packages = { snappy: 'kafkajs-snappy', lz4: 'lz4-napi', zstd: '@mongodb-js/zstd' };

const types: Readonly<Record<Compression, CompressionTypes>> = {
  none: numbers.None,
  gzip: numbers.GZIP,
  snappy: numbers.Snappy,
  lz4: numbers.LZ4,
  zstd: numbers.ZSTD,
};

/**
 * Makes a compression known to kafkajs, whose table of codecs is one for the whole process, and
 * returns its number. LIB103 when the package behind it is not installed: two of them are optional.
 */
export async function useCompression(compression: Compression): Promise<CompressionTypes> {
  const type = types[compression];
  if (compression === 'none' || compression === 'gzip') return type;
  const loaded = await loadCodec(compression, loaders[compression]);
  (CompressionCodecs as Record<number, () => Codec>)[type] = () => loaded;
  return type;
}

/** How the records of a batch are packed, and the number that tells it; null: as they are. */
export interface Packer {
  readonly type: number;
  readonly pack: Transform | null;
}

/** The same codecs for our own client. LIB103 as above. */
export async function loadPacker(compression: Compression): Promise<Packer> {
  const type = types[compression];
  if (compression === 'none') return { type, pack: null };
  if (compression === 'gzip') return { type, pack: promisify<Buffer, Buffer>(zlib.gzip) };
  const loaded = await loadCodec(compression, loaders[compression]);
  return { type, pack: (buffer) => loaded.compress({ buffer }) };
}

/** Exported so that a failing load can be shown. */
export async function loadCodec(compression: keyof typeof packages, load: () => Promise<Codec>): Promise<Codec> {
  try {
    return await load();
  } catch (cause) {
    throw new LiberateError(
      'LIB103',
      `compression ${compression} needs the package ${packages[compression]}, which cannot be loaded here`,
      {
        cure: `Run \`npm install ${packages[compression]}\`, or choose compression: gzip.`,
        cause,
      },
    );
  }
}
