import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostWindows, parseWindow, type WindowSize, windowEdges } from '../../src/engine/chunk-windows.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);
const texts = (edges: readonly number[] | null): readonly string[] =>
  (edges ?? []).map((edge) => new Date(edge).toISOString().slice(0, 16));
const size = (text: string): WindowSize => parseWindow(text) as WindowSize;

describe('a window', () => {
  it('is of days, or of time that passes', () => {
    expect([parseWindow('1d'), parseWindow(' 14d '), parseWindow('24h'), parseWindow('1d12h')]).toEqual([
      { kind: 'days', days: 1 },
      { kind: 'days', days: 14 },
      { kind: 'elapsed', ms: 86_400_000 },
      { kind: 'elapsed', ms: 129_600_000 },
    ]);
    expect(['', '0d', '500ms', '1w', '-1d', 'day', '1.5d12'].map(parseWindow)).toEqual(Array.from({ length: 7 }, () => null));
  });
});

describe('the edges of windows', () => {
  const spring = { first: utc('2026-03-28T10:00'), last: utc('2026-03-30T23:00'), instants: true, zone: 'Europe/Berlin' };

  it('of days are the midnights of the zone: the day on which its clock is put forward has 23 hours', () => {
    expect(texts(windowEdges(size('1d'), spring))).toEqual(['2026-03-28T23:00', '2026-03-29T22:00', '2026-03-30T22:00']);
  });

  it('of 24h lie so far apart, whatever the clock does', () => {
    expect(texts(windowEdges(size('24h'), spring))).toEqual(['2026-03-29T10:00', '2026-03-30T10:00']);
  });

  it('of days of local stamps are midnights as the stamps write them', () => {
    expect(texts(windowEdges(size('1d'), { ...spring, instants: false }))).toEqual(['2026-03-29T00:00', '2026-03-30T00:00']);
  });

  it('of 24h of local stamps follow the clock: an hour later after it was put forward', () => {
    expect(texts(windowEdges(size('24h'), { ...spring, instants: false }))).toEqual(['2026-03-29T11:00', '2026-03-30T11:00']);
  });

  it('lie at the first moment of a day that has no midnight, and go on from midnight after it', () => {
    const span = { first: utc('2018-11-03T12:00'), last: utc('2018-11-06T12:00'), instants: true, zone: 'America/Sao_Paulo' };
    expect(texts(windowEdges(size('1d'), span))).toEqual(['2018-11-04T03:00', '2018-11-05T02:00', '2018-11-06T02:00']);
  });

  it('are null where there would be too many', () => {
    expect(windowEdges(size('1s'), spring)).toBeNull();
    expect(windowEdges(size('1d'), { ...spring, first: spring.last - mostWindows * 86_400_000 + 7_200_000 })).not.toBeNull();
  });

  it('rise strictly inside the span, in every zone and over every change of its clock', () => {
    const span = fc.record({
      first: fc.integer({ min: utc('2015-01-01T00:00'), max: utc('2027-01-01T00:00') }),
      length: fc.integer({ min: 0, max: 40 * 86_400_000 }),
      instants: fc.boolean(),
      zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'),
    });
    const sizes = fc.constantFrom('1d', '7d', '24h', '6h', '30m', '20m').map(size);
    fc.assert(
      fc.property(span, sizes, ({ first, length, instants, zone }, window) => {
        const edges = windowEdges(window, { first, last: first + length, instants, zone });
        const all = [first, ...(edges ?? []), first + length + 1];
        for (const [at, edge] of all.entries()) if (at > 0) expect(edge).toBeGreaterThan(all[at - 1] as number);
        const longest = window.kind === 'days' ? window.days * 86_400_000 + 86_400_000 : window.ms + 3_600_000;
        for (const [at, edge] of (edges ?? []).entries()) expect(edge - (all[at] as number)).toBeLessThanOrEqual(longest);
      }),
    );
  });
});
