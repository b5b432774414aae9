import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Compatibility } from '../../src/model/format.ts';
import { demandsOf, type SchemaVersion, verdictOf } from '../../src/schema/compatibility/compatibility.ts';
import { compatibilities, formats } from './changes.ts';
import { version } from './versions.ts';

const ok = (history: readonly SchemaVersion[], is: SchemaVersion, compatibility: Compatibility): boolean =>
  verdictOf(history, is, compatibility).ok;
const history = (format: SchemaVersion['format']): fc.Arbitrary<readonly SchemaVersion[]> => fc.array(version(format), { maxLength: 3 });

describe.each(formats)('a verdict on events in %s', (format) => {
  it('is that a stream which did not change breaks nobody', () => {
    fc.assert(
      fc.property(version(format), (one) => {
        const again = JSON.parse(JSON.stringify(one)) as SchemaVersion;
        expect(verdictOf([one], again, 'full')).toEqual({ ok: true, compatibility: 'full', differences: [], breaks: [] });
      }),
    );
  });

  it('is full where it is both backward and forward, with each version or with the newest', () => {
    fc.assert(
      fc.property(history(format), version(format), (before, is) => {
        for (const more of ['', '-transitive'] as const) {
          expect(ok(before, is, `full${more}`)).toBe(ok(before, is, `backward${more}`) && ok(before, is, `forward${more}`));
        }
      }),
    );
  });

  it('with every version is never milder than with the newest, and the same where there is but one', () => {
    fc.assert(
      fc.property(history(format), version(format), (before, is) => {
        for (const kind of ['backward', 'forward', 'full'] as const) {
          if (ok(before, is, `${kind}-transitive`)) expect(ok(before, is, kind)).toBe(true);
          expect(ok(before, is, `${kind}-transitive`)).toBe(before.every((one) => ok([one], is, kind)));
        }
      }),
    );
  });

  it('is backward one way where it is forward the other way', () => {
    fc.assert(
      fc.property(version(format), version(format), (one, other) => {
        expect(ok([one], other, 'backward')).toBe(ok([other], one, 'forward'));
      }),
    );
  });

  it('tells of each break who cannot read what and why, and a cure', () => {
    fc.assert(
      fc.property(history(format), version(format), (before, is) => {
        for (const { difference, direction, why, at } of verdictOf(before, is, 'full-transitive').breaks) {
          expect(why).toBe(difference.breaks[direction]);
          expect(difference.cure).toMatch(/^[A-Z].*\.$/);
          expect(before[at]).toBeDefined();
        }
      }),
    );
  });
});

describe('a stream without a history', () => {
  it.each(compatibilities)('breaks nobody: %s', (compatibility) => {
    fc.assert(fc.property(version('avro'), (is) => ok([], is, compatibility)));
  });
});

it('the direction and the versions that a compatibility asks for follow from its name', () => {
  expect(compatibilities.map((one) => demandsOf(one))).toEqual([
    { directions: [], transitive: false },
    { directions: ['backward'], transitive: false },
    { directions: ['backward'], transitive: true },
    { directions: ['forward'], transitive: false },
    { directions: ['forward'], transitive: true },
    { directions: ['backward', 'forward'], transitive: false },
    { directions: ['backward', 'forward'], transitive: true },
  ]);
});
