import { beforeAll, describe, expect, it } from 'vitest';
import { demandsOf, verdictOf } from '../../src/schema/compatibility/compatibility.ts';
import { changes, histories, versionOf } from '../schema/changes.ts';
import { registryUrl } from '../support/registry.ts';
import { apart, isApart } from './apart.ts';
import { fewAtOnce, judgedFormats, modes, verdictsOf } from './judge.ts';

let url: string;
beforeAll(async () => {
  url = await registryUrl();
}, 600_000);

/** Those of the table that are seen in the document of a value. */
const seen = changes.filter(({ of }) => !/key|envelope/.test(of));

describe.each(judgedFormats)("our verdict beside a real registry's, in %s", (format) => {
  it('differs from it only where it is written down, whoever has to go on reading', { timeout: 600_000 }, async () => {
    const found: string[] = [];
    const expected: string[] = [];
    const line = (of: string, mode: string, ok: boolean): string => `${of} · ${mode}: ${ok ? 'goes on' : 'breaks'}`;
    await fewAtOnce(seen, async ({ of, was, is }) => {
      const [before, now] = [versionOf(was, format), versionOf(is, format)];
      const said = await verdictsOf(url, format, [before], now);
      expect(said.none).toBe(true);
      for (const mode of modes) {
        found.push(line(of, mode, said[mode]));
        const theirs = demandsOf(mode).directions.map(
          (direction) => verdictOf([before], now, direction).ok !== isApart(format, of, direction),
        );
        expected.push(line(of, mode, !theirs.includes(false)));
      }
    });
    expect(found.sort()).toEqual(expected.sort());
    expect(apart.filter((one) => one.format === format).flatMap(({ of }) => of).length).toBeLessThan(seen.length);
  });

  it('looks as far back, by the newest version or by all', { timeout: 600_000 }, async () => {
    const far: string[] = [];
    await fewAtOnce(histories, async ({ of, versions, registry = {} }) => {
      const all = versions.map((side) => versionOf(side, format));
      const [history, is] = [all.slice(0, -1), all.at(-1)];
      if (is === undefined) throw new Error('a history without versions');
      const said = await verdictsOf(url, format, history, is);
      const ours = Object.fromEntries(modes.map((mode) => [mode, verdictOf(history, is, mode).ok]));
      expect.soft({ of, ...said }).toEqual({ of, none: true, ...ours, ...registry[format] });
      for (const mode of ['backward', 'forward'] as const) if (said[mode] && !said[`${mode}-transitive`]) far.push(mode);
      for (const mode of ['backward', 'forward'] as const) if (ours[mode] && !ours[`${mode}-transitive`]) far.push(`ours ${mode}`);
    });
    // It is another question, in both directions, to both judges.
    expect([...new Set(far)].sort()).toEqual(['backward', 'forward', 'ours backward', 'ours forward']);
  });
});
