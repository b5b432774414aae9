import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Figures } from '../../src/web/job-figures.ts';
import { metricsOf } from '../../src/web/metrics.ts';

const document = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

it('docs/operations.md tells of every metric with its type, and of no other', () => {
  const figures = new Figures(() => 0);
  figures.hear({ type: 'job.lease', job: 'orders', held: true });
  const report = { startedAt: 0, endedAt: 0, ms: 0, rows: 0, keys: 0, published: 0, tombstones: 0, bytes: 0 };
  figures.hear({ type: 'reconcile.end', job: 'orders', report });
  const told = [...document.matchAll(/^\| `([a-z_]+)` \| (counter|gauge) \| \S/gm)].map(([, name, type]) => `${name} ${type}`);
  const served = metricsOf(figures.all(), 0).map(({ name, type }) => `${name} ${type}`);
  expect(told.sort()).toEqual(served.sort());
});

it('its alert rules name only metrics that are served', () => {
  const names = new Set(metricsOf([], 0).map(({ name }) => name));
  const rules = /### Alert rules\n+```yaml\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
  const used = [...rules.matchAll(/\bliberate_[a-z_]+/g)].map(([name]) => name);
  expect(used.length).toBeGreaterThan(3);
  expect(used.filter((name) => !names.has(name))).toEqual([]);
});
