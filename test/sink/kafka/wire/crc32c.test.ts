import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadCrc32c, tableCrc32c } from '../../../../src/sink/kafka/wire/crc32c.ts';

/** From RFC 3720, appendix B.4. */
const known: readonly (readonly [string, Buffer, number])[] = [
  ['32 bytes of zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 bytes counting up', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
];

it.each(known)('of %s is the known one, native and our own', (_, bytes, sum) => {
  expect(tableCrc32c()(bytes, 0)).toBe(sum);
  expect(loadCrc32c()(bytes, 0)).toBe(sum);
});

it('is the same native and our own, in one part or two, wherever the bytes begin', () => {
  const native = loadCrc32c();
  const own = tableCrc32c();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
      const all = Buffer.from(bytes);
      const [head, tail] = [all.subarray(0, cut), all.subarray(cut)];
      expect(own(all, 0)).toBe(native(all, 0));
      expect(own(tail, own(head, 0))).toBe(own(all, 0));
      expect(native(tail, native(head, 0))).toBe(own(all, 0));
    }),
  );
});
