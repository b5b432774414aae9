import { renameSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { liberate, type RunningLiberate, startLiberate } from '../support/liberate.ts';
import { type ParsedMetric, parseExposition, sampleOf } from '../support/prometheus.ts';
import { waitFor } from '../support/wait-for.ts';
import { openPlace, orders, type Place, payments, smallShop } from './place.ts';

const http = '127.0.0.1:0';
const every = '20ms';

let place: Place;
beforeEach(async () => {
  place = await openPlace(smallShop);
});
afterEach(() => place[Symbol.asyncDispose]());

const urlOf = async (running: RunningLiberate): Promise<string> => String((await running.line(({ url }) => url !== undefined))['url']);
const metricsOf = async (url: string): Promise<ReadonlyMap<string, ParsedMetric>> =>
  parseExposition(await (await fetch(`${url}/metrics`)).text());

describe('a run with `http`', () => {
  test('serves metrics that Prometheus can read, its health, and the status of its jobs', async () => {
    const file = place.jobs({ orders: { ...orders, every }, payments: { ...payments, every } }, { http });
    await using running = startLiberate(['run', file]);
    const url = await urlOf(running);
    await Promise.all(['orders', 'payments'].map((job) => running.line((line) => line.job === job && line.outcome === 'ok')));
    const metrics = await metricsOf(url);
    for (const { help, type } of metrics.values()) expect([help.length > 10, type]).toEqual([true, expect.stringMatching(/counter|gauge/)]);
    expect(sampleOf(metrics, 'liberate_rows_published_total', { job: 'orders', topic: 'orders' })).toBe(4);
    expect(sampleOf(metrics, 'liberate_rows_published_total', { job: 'payments', topic: 'payments' })).toBe(3);
    expect(sampleOf(metrics, 'liberate_cycles_total', { job: 'orders', outcome: 'ok' })).toBeGreaterThan(0);
    expect(sampleOf(metrics, 'liberate_lease_held', { job: 'orders' })).toBe(1);
    // The newest order is of January 2026.
    expect(sampleOf(metrics, 'liberate_mark_age_seconds', { job: 'orders' })).toBeGreaterThan(86_400);
    expect(sampleOf(metrics, 'liberate_mark_age_seconds', { job: 'payments' })).toBeUndefined();
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok', jobs: 2, failing: [], retrying: [] }]);
    const status = (await (await fetch(`${url}/status`)).json()) as readonly object[];
    expect(status).toMatchObject([
      { job: 'orders', health: 'ok', publishedTotal: 4, lease: { holder: expect.any(String) }, guarantee: { method: expect.any(String) } },
      { job: 'payments', health: 'ok', publishedTotal: 3 },
    ]);
    running.kill('SIGTERM');
    expect((await running.finished).code).toBe(0);
  });

  test('tells a failing job within its tries: metric, 503 with the error, and status; and 200 once it is mended', async () => {
    const file = place.jobs(
      { orders: { ...orders, every, retries: 1 }, payments: { ...payments, every } },
      { http, source: 'sqlite:shop.db' },
    );
    await using running = startLiberate(['run', file]);
    const url = await urlOf(running);
    await running.line(({ job, outcome }) => job === 'orders' && outcome === 'ok');
    await place.db.run('ALTER TABLE orders RENAME TO moved');
    await running.line(({ job, outcome }) => job === 'orders' && outcome === 'failed');
    const failing = await fetch(`${url}/health`);
    expect(failing.status).toBe(503);
    expect(await failing.json()).toMatchObject({
      status: 'failing',
      failing: [{ job: 'orders', code: 'LIB203', error: expect.stringContaining('there is no table orders') }],
    });
    expect(sampleOf(await metricsOf(url), 'liberate_failures_in_a_row', { job: 'orders' })).toBeGreaterThan(0);
    expect(sampleOf(await metricsOf(url), 'liberate_failures_in_a_row', { job: 'payments' })).toBe(0);
    // The report is kept just after it was told.
    const status = await waitFor(async () => {
      const finished = await liberate(['status', file]);
      return finished.code === 1 && finished;
    });
    expect(status.stdout).toContain('LIB203');
    await place.db.run('ALTER TABLE moved RENAME TO orders');
    await place.db.run("INSERT INTO orders VALUES (9, 'paid', NULL, '1', NULL, '2026-02-01 00:00:00')");
    await running.line(({ published }) => published === 1);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test('counts each try again of a source that is gone, and is 503 when its tries are over', async () => {
    const file = place.jobs({ orders: { ...orders, every, retries: 1 } }, { http });
    await using running = startLiberate(['run', file]);
    const url = await urlOf(running);
    await running.line(({ outcome }) => outcome === 'ok');
    renameSync(place.path('shop.db'), place.path('away.db'));
    await running.line(({ outcome, code }) => outcome === 'failed' && code === 'LIB201');
    expect((await fetch(`${url}/health`)).status).toBe(503);
    expect(sampleOf(await metricsOf(url), 'liberate_retries_total', { job: 'orders' })).toBeGreaterThan(0);
  });

  test('ends with 3 where its address is taken', async () => {
    await using running = startLiberate(['run', place.jobs({ orders: { ...orders, every } }, { http })]);
    const { host } = new URL(await urlOf(running));
    const second = await liberate(['run', '--once', place.jobs({ payments }, { http: host })]);
    expect(second).toMatchObject({ code: 3, stderr: expect.stringContaining('LIB601') });
  });
});
