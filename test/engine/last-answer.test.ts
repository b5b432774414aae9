import { describe, expect, it } from 'vitest';
import { LastAnswer } from '../../src/engine/last-answer.ts';
import type { Progress } from '../../src/engine/tracker.ts';

const rows = (text: string): { readonly bytes: Buffer; readonly length: number } => {
  // Buffers are used again and longer than what is in them.
  const bytes = Buffer.alloc(100, '#');
  return { bytes, length: bytes.write(text) };
};
const progress = (changed: Partial<Progress> = {}): Progress => ({
  mark: ['2026-01-01', '1'],
  since: '1',
  sent: { a: 'x' },
  tied: true,
  gaps: [],
  ...changed,
});

describe('an answer that a quiet poll gets', () => {
  it('repeats the last one only once the same rows have led from a progress to the same', () => {
    const answer = new LastAnswer();
    const [first, second, third] = [progress(), progress({ since: '2' }), progress({ since: '3' })];
    expect(answer.repeats(rows('ab'), first)).toBe(false);
    answer.keep(rows('ab'), first, second);
    expect(answer.repeats(rows('ab'), second)).toBe(false);
    answer.keep(rows('ab'), second, third);
    expect(answer.repeats(rows('ab'), third)).toBe(true);
    expect(answer.repeats(rows('ab'), { ...third, since: '4' })).toBe(true);
  });

  it('is another one when a byte is, or when there are fewer or more', () => {
    const answer = new LastAnswer();
    const [first, second] = [progress(), progress()];
    answer.keep(rows('abc'), first, first);
    answer.keep(rows('abc'), first, second);
    expect(['abc', 'abd', 'ab', 'abc#', ''].map((text) => answer.repeats(rows(text), second))).toEqual([true, false, false, false, false]);
  });

  it('is met anew where the progress was loaded again, or what was sent, the mark or the tie is another', () => {
    const answer = new LastAnswer();
    const settled = progress();
    answer.keep(rows('abc'), settled, settled);
    answer.keep(rows('abc'), settled, settled);
    const others = [{ sent: { a: 'x' } }, { mark: ['2026-01-01', '1'] }, { tied: false }, { gaps: [{ from: '1', to: '2', seen: null }] }];
    expect([{}, ...others].map((other) => answer.repeats(rows('abc'), { ...settled, ...other }))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('is met anew after the same rows led elsewhere, or once it is forgotten', () => {
    const answer = new LastAnswer();
    const before = progress();
    for (const after of [progress({ sent: {} }), progress({ sent: { a: 'y' } }), progress({ mark: null }), progress({ tied: false })]) {
      answer.keep(rows('abc'), before, before);
      answer.keep(rows('abc'), before, after);
      expect(answer.repeats(rows('abc'), after)).toBe(false);
    }
    const same = progress();
    answer.keep(rows('abc'), same, same);
    answer.keep(rows('abc'), same, same);
    answer.forget();
    expect(answer.repeats(rows('abc'), same)).toBe(false);
  });
});
