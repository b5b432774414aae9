import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { masker } from '../../src/schema/shape/mask.ts';

describe('a mask', () => {
  it('redacts whatever it is given', () => {
    expect([true, '', 'secret', 7n, Buffer.from('x')].map(masker({ kind: 'redact' }))).toEqual(Array(5).fill('***'));
  });

  it('keeps the last characters, and nothing of a text that is no longer than these', () => {
    const keep = masker({ kind: 'keep', last: 4 });
    expect(keep('+49 170 1234567')).toBe('***4567');
    expect(keep('ab🙂🙃🙂')).toBe('***b🙂🙃🙂');
    expect(keep('4567')).toBe('***');
    expect(keep('')).toBe('***');
  });

  it('hashes the exact text by HMAC-SHA-256, so that any other program can', () => {
    const expected = (encoding: 'hex' | 'base64'): string => createHmac('sha256', 'pepper').update('9007199254740993').digest(encoding);
    expect(masker({ kind: 'hash', salt: 'pepper', encoding: 'hex' })('9007199254740993')).toBe(expected('hex'));
    expect(masker({ kind: 'hash', salt: 'pepper', encoding: 'base64' })(9_007_199_254_740_993n)).toBe(expected('base64'));
    expect(masker({ kind: 'hash', salt: 'other', encoding: 'hex' })('9007199254740993')).not.toBe(expected('hex'));
    const bytes = Buffer.from([0, 255]);
    expect(masker({ kind: 'hash', salt: 's', encoding: 'hex' })(bytes)).toBe(createHmac('sha256', 's').update(bytes).digest('hex'));
  });
});
