import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CycleReport } from '../../src/model/report.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import { exposition } from '../../src/web/exposition.ts';
import { type Listening, openWeb, type Web } from '../../src/web/web.ts';
import { parseExposition, sampleOf } from '../support/prometheus.ts';

const report = (some: Partial<CycleReport>): LiberateEvent => ({
  type: 'cycle.end',
  report: {
    job: 'orders',
    startedAt: 0,
    endedAt: 500,
    outcome: 'ok',
    reason: null,
    code: null,
    published: 0,
    repeated: 0,
    nulls: 0,
    deadLetters: 0,
    bytes: 0,
    mark: null,
    lagMs: null,
    ...some,
  },
});
const retry = (job: string, attempt: number): LiberateEvent => {
  return { type: 'cycle.retry', job, attempt, delayMs: 1, code: 'LIB201', reason: 'LIB201: gone with s3cret.' };
};
const start = (job: string, topic: string): LiberateEvent => ({
  type: 'job.start',
  job,
  relation: job,
  topic,
  mode: 'timestamp',
  guarantee: '',
  method: '',
  privilege: null,
  lookback: { ms: 1500, by: 'x' },
  cost: '',
  raise: null,
  blind: [],
});

describe('the text that Prometheus reads', () => {
  it('escapes labels and help, and writes what is no number', () => {
    const samples = [
      { labels: { job: 'a"b\\c\nd' }, value: 1.5 },
      { labels: { job: 'x' }, value: Number.NaN },
      { labels: {}, value: -Infinity },
    ];
    const text = exposition([
      { name: 'a_total', type: 'counter', help: 'Back\\slash and\nline.', samples },
      { name: 'none', type: 'gauge', help: 'Left out.', samples: [] },
    ]);
    expect(text.split('\n')).toHaveLength(6);
    expect(parseExposition(text)).toEqual(new Map([['a_total', { type: 'counter', help: 'Back\\slash and\nline.', samples }]]));
  });
});

describe('the web of a run', () => {
  const stored = { failing: false };
  let now = 100_000;
  let web: Web;
  let listening: Listening;
  beforeEach(async () => {
    now = 100_000;
    stored.failing = false;
    const jobs = [
      { name: 'orders', retries: 2, mask: {} },
      { name: 'all', retries: 2, mask: {} },
    ];
    web = openWeb({ host: '127.0.0.1', port: 0, jobs, secrets: ['s3cret'], now: () => now });
    const list = async (): Promise<[]> => {
      if (stored.failing) throw new Error('the store is lost: s3cret');
      return [];
    };
    listening = await web.listen({ list });
  });
  afterEach(() => listening[Symbol.asyncDispose]());

  const hear = (...events: readonly LiberateEvent[]): void => events.forEach(web.observer);
  const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${listening.url}${path}`, init);
  const metric = async (name: string, labels: Readonly<Record<string, string>> = { job: 'orders' }): Promise<number | undefined> =>
    sampleOf(parseExposition(await (await get('/metrics')).text()), name, labels);

  it('counts cycles, rows, bytes, repeats and time, with job and topic as labels', async () => {
    hear(start('orders', 'shop.orders'), { type: 'job.lease', job: 'orders', held: true });
    hear(report({ published: 5, bytes: 700, repeated: 2, nulls: 1, lagMs: 250, markAt: 90_000 }), report({ repeated: 3 }));
    hear(report({ outcome: 'skipped', reason: 'overlap' }));
    const labels = { job: 'orders', topic: 'shop.orders' };
    for (const [name, value] of [
      ['liberate_rows_published_total', 5],
      ['liberate_bytes_published_total', 700],
      ['liberate_rows_repeated_total', 5],
      ['liberate_lookback_rows', 3],
      ['liberate_lookback_seconds', 1.5],
      ['liberate_rows_without_cursor_total', 1],
      ['liberate_cycle_seconds_total', 1.5],
      ['liberate_lag_seconds', 0.25],
      ['liberate_mark_age_seconds', 10],
      ['liberate_last_success_timestamp_seconds', 0.5],
      ['liberate_lease_held', 1],
      ['liberate_failures_in_a_row', 0],
    ] as const) {
      expect([name, await metric(name, labels)]).toEqual([name, value]);
    }
    expect(await metric('liberate_cycles_total', { ...labels, outcome: 'ok' })).toBe(2);
    expect(await metric('liberate_cycles_total', { ...labels, outcome: 'skipped' })).toBe(1);
    now += 5000;
    hear({ type: 'job.lease', job: 'orders', held: false });
    expect([await metric('liberate_mark_age_seconds'), await metric('liberate_lease_held')]).toEqual([15, 0]);
    for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_heap_size_used_bytes'])
      expect(await metric(name, {})).toBeGreaterThan(0);
  });

  it('counts what reconciles publish, with that of the cycles and by itself, and what they cost', async () => {
    hear(report({ published: 5 }));
    expect(await metric('liberate_reconciles_total')).toBeUndefined();
    const reconciled = { startedAt: 0, endedAt: 2000, ms: 1500, rows: 1000, keys: 990, published: 3, tombstones: 1, bytes: 100 };
    for (const endedAt of [2000, 7000]) hear({ type: 'reconcile.end', job: 'orders', report: { ...reconciled, endedAt } });
    for (const [name, value] of [
      ['liberate_rows_published_total', 13],
      ['liberate_reconciles_total', 2],
      ['liberate_reconcile_seconds_total', 3],
      ['liberate_reconcile_rows_read_total', 2000],
      ['liberate_reconcile_rows_published_total', 6],
      ['liberate_reconcile_tombstones_total', 2],
      ['liberate_last_reconcile_timestamp_seconds', 7],
    ] as const) {
      expect([name, await metric(name)]).toEqual([name, value]);
    }
  });

  it('counts the rows of a long load while it goes on, and each of them once, also over a try that failed', async () => {
    const progress = (rows: number): LiberateEvent => ({ type: 'cycle.progress', job: 'orders', rows, expected: null, ms: 1 });
    hear(progress(100), progress(300));
    expect(await metric('liberate_rows_published_total')).toBe(300);
    hear(retry('orders', 1), progress(50));
    expect(await metric('liberate_rows_published_total')).toBe(350);
    hear(report({ published: 400 }), progress(10), report({ published: 20 }));
    expect(await metric('liberate_rows_published_total')).toBe(420);
  });

  it('is 503 from the first failed cycle until one ends well, and names job, code and error; a try again is not yet a failure', async () => {
    expect((await get('/health')).status).toBe(200);
    hear(retry('orders', 1));
    const trying = await get('/health');
    expect([trying.status, await trying.json()]).toEqual([
      200,
      expect.objectContaining({
        status: 'ok',
        failing: [],
        retrying: [expect.objectContaining({ job: 'orders', code: 'LIB201', attempt: 1 })],
      }),
    ]);
    expect([await metric('liberate_retries_total'), await metric('liberate_retrying')]).toEqual([1, 1]);
    hear(report({ outcome: 'failed', code: 'LIB201', reason: 'LIB201: s3cret is gone.' }));
    hear(report({ outcome: 'failed', code: 'LIB201', reason: 'LIB201: s3cret is gone.', endedAt: 900 }));
    const failing = await get('/health');
    expect(failing.status).toBe(503);
    expect(await failing.json()).toEqual({
      status: 'failing',
      jobs: 1,
      failing: [{ job: 'orders', code: 'LIB201', error: 'LIB201: *** is gone.', since: '1970-01-01T00:00:00.500Z', failuresInARow: 2 }],
      retrying: [],
    });
    expect([await metric('liberate_failures_in_a_row'), await metric('liberate_retrying')]).toEqual([2, 0]);
    hear(report({}));
    expect([(await get('/health')).status, await metric('liberate_failures_in_a_row')]).toEqual([200, 0]);
  });

  it('is 503 too where there is no cycle that could fail: tried again more often than `retries:` say, until the lease is held again', async () => {
    hear(retry('orders', 1), retry('orders', 2));
    expect((await get('/health')).status).toBe(200);
    hear(retry('orders', 3));
    expect((await get('/health')).status).toBe(503);
    hear({ type: 'job.lease', job: 'orders', held: true });
    expect((await get('/health')).status).toBe(200);
  });

  it('takes the trouble of a wildcard from it once its tables are known', async () => {
    hear(retry('all', 3));
    expect((await get('/health')).status).toBe(503);
    hear(start('all/shop.orders', 'shop.orders'), start('all/shop.items', 'shop.items'));
    expect((await get('/health')).status).toBe(200);
    hear(retry('all/shop.items', 2));
    expect((await get('/health')).status).toBe(200);
    hear(retry('all/shop.items', 3));
    expect((await get('/health')).status).toBe(503);
  });

  it('answers GET and HEAD of what there is, holds no secret, and outlives a store that is lost', async () => {
    expect([(await get('/')).status, (await get('/metrics', { method: 'POST' })).status]).toEqual([404, 405]);
    const head = await get('/metrics?x=1', { method: 'HEAD' });
    expect([head.status, await head.text(), head.headers.get('content-type')]).toEqual([
      200,
      '',
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(await (await get('/status')).json()).toEqual([
      expect.objectContaining({ job: 'orders', health: 'never ran' }),
      expect.objectContaining({ job: 'all', health: 'never ran' }),
    ]);
    stored.failing = true;
    const lost = await get('/status');
    expect([lost.status, await lost.json()]).toEqual([503, { error: { code: 'LIB901', message: 'the store is lost: ***' } }]);
  });

  it('is gone once it is disposed, with a connection open; an address that is taken is LIB601', async () => {
    const { port } = new URL(listening.url);
    const other = openWeb({ host: '127.0.0.1', port: Number(port), jobs: [], secrets: [], now: () => now });
    await expect(other.listen({ list: async () => [] })).rejects.toMatchObject({ code: 'LIB601', message: expect.stringContaining(port) });
    await get('/health');
    await listening[Symbol.asyncDispose]();
    await expect(get('/health')).rejects.toThrow();
  });
});
