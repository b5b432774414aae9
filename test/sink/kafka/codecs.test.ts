import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { loadCodec, useCompression } from '../../../src/sink/kafka/codecs.ts';

it('says which package a compression needs when it cannot be loaded', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  await expect(loadCodec('lz4', () => Promise.reject(missing))).rejects.toMatchObject({
    code: 'LIB103',
    message: expect.stringContaining('lz4-napi'),
    cure: expect.stringMatching(/npm install lz4-napi.*gzip/),
    cause: missing,
  });
});

for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
  it(`${compression}: unpacks what it has packed`, async () => {
    const type = await useCompression(compression);
    const codec = (
      kafkajs.CompressionCodecs as Record<
        number,
        () => { compress(encoder: { buffer: Buffer }): Promise<Buffer>; decompress(data: Buffer): Promise<Buffer> }
      >
    )[type]?.();
    const text = Buffer.from('the same again, '.repeat(500));
    const packed = await codec?.compress({ buffer: text });
    expect(packed?.length).toBeLessThan(text.length / 5);
    expect((await codec?.decompress(packed as Buffer))?.equals(text)).toBe(true);
  });
}
