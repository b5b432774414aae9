import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkStream, type KeyedEvent, type Verdict } from './checker.ts';

const textOf = (key: string, version: number): string => JSON.stringify({ key, version });
const versionOf = (value: string): number => (JSON.parse(value) as { readonly version: number }).version;

/** A faultless stream: the versions of each key in order, keys mixed as the changes came. */
const stream = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 60, size: 'max' })
  .map((keys): readonly KeyedEvent[] => {
    const versions = new Map<string, number>();
    return keys.map((key) => {
      const version = (versions.get(key) ?? 0) + 1;
      versions.set(key, version);
      return { key, value: textOf(key, version) };
    });
  });

const fold = (events: readonly KeyedEvent[]): ReadonlyMap<string, string> =>
  new Map(events.map(({ key, value }) => [key, value as string]));

const faultless = { missing: [], stale: [], extra: [], reordered: [], repeated: [] };
const faultsOf = ({ rows: _rows, events: _events, ...faults }: Verdict): typeof faultless => faults as never;

/** One event of the stream, and what the fault does to it. */
const seeded = fc.tuple(stream, fc.nat()).map(([events, at]) => ({ events, at: at % events.length }));

describe('the checker', () => {
  it('finds nothing wrong with a stream that folds to the table', () => {
    fc.assert(
      fc.property(stream, (events) => {
        expect(faultsOf(checkStream(events, fold(events), versionOf))).toEqual(faultless);
      }),
    );
  });

  it('finds a dropped event: missing when it was the only one of its key, stale when it was the newest', () => {
    fc.assert(
      fc.property(seeded, ({ events, at }) => {
        const { key } = events[at] as KeyedEvent;
        const last = events.findLastIndex((other) => other.key === key);
        const dropped = events.filter((_, index) => index !== last);
        const only = dropped.every((other) => other.key !== key);
        expect(faultsOf(checkStream(dropped, fold(events), versionOf))).toEqual({ ...faultless, [only ? 'missing' : 'stale']: [key] });
      }),
    );
  });

  it('finds a row that is otherwise in the table', () => {
    fc.assert(
      fc.property(seeded, ({ events, at }) => {
        const { key } = events[at] as KeyedEvent;
        const table = new Map(fold(events)).set(key, textOf(key, 99));
        expect(faultsOf(checkStream(events, table, versionOf))).toEqual({ ...faultless, stale: [key] });
      }),
    );
  });

  it('finds an older event after a newer one', () => {
    fc.assert(
      fc.property(seeded, ({ events, at }) => {
        const { key } = events[at] as KeyedEvent;
        const faulty = [...events, { key, value: textOf(key, 0) }];
        expect(faultsOf(checkStream(faulty, fold(events), versionOf))).toEqual({ ...faultless, reordered: [key], stale: [key] });
      }),
    );
  });

  it('finds the old event in the middle too, where the newest one covers it', () => {
    const events = [1, 2, 1, 3].map((version) => ({ key: 'a', value: textOf('a', version) }));
    expect(faultsOf(checkStream(events, fold(events), versionOf))).toEqual({ ...faultless, reordered: ['a'] });
  });

  it('finds an event that comes twice', () => {
    fc.assert(
      fc.property(seeded, ({ events, at }) => {
        const twice = events.toSpliced(at, 0, events[at] as KeyedEvent);
        expect(faultsOf(checkStream(twice, fold(events), versionOf))).toEqual({ ...faultless, repeated: [events[at]?.key] });
      }),
    );
  });

  it('finds a row that the table never had, and one that it has no more', () => {
    fc.assert(
      fc.property(stream, (events) => {
        const extra = [...events, { key: 'ghost', value: textOf('ghost', 1) }];
        expect(faultsOf(checkStream(extra, fold(events), versionOf))).toEqual({ ...faultless, extra: ['ghost'] });
        const told = [...extra, { key: 'ghost', value: null }];
        expect(faultsOf(checkStream(told, fold(events), versionOf))).toEqual(faultless);
      }),
    );
  });
});
