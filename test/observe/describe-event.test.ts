import { describe, expect, it } from 'vitest';
import type { CycleReport } from '../../src/model/report.ts';
import { count, describeEvent } from '../../src/observe/describe-event.ts';
import { type LiberateEvent, tellAll } from '../../src/observe/event.ts';
import { logObserver } from '../../src/observe/log.ts';

const report = (some: Partial<CycleReport>): LiberateEvent => ({
  type: 'cycle.end',
  report: {
    job: 'orders',
    startedAt: 1000,
    endedAt: 1250,
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

const start = {
  job: 'orders',
  relation: 'shop.orders',
  topic: 'shop.orders',
  mode: 'timestamp',
  guarantee: 'every row',
  method: 'lookback 60s',
  privilege: { needed: 'pg_read_all_stats', missing: true },
  lookback: { ms: 60_000, by: 'lookback 60s' },
  cost: 'rows are read again',
  raise: 'GRANT pg_read_all_stats TO liberate',
  blind: ['a DELETE'],
};

describe('a count', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567.6, '1,234,568'],
    [-1234, '-1,234'],
  ])('%d reads %s', (amount, text) => {
    expect(count(amount)).toBe(text);
  });
});

describe('an event as a log line', () => {
  it.each<readonly [LiberateEvent, string, string]>([
    [
      { type: 'job.start', ...start },
      'info',
      'orders: shop.orders → shop.orders, timestamp; every row (lookback 60s); privilege: pg_read_all_stats, which is missing; ' +
        'look-back: 1m now (lookback 60s); cost: rows are read again; raised by: GRANT pg_read_all_stats TO liberate',
    ],
    [{ type: 'job.notice', job: 'orders', message: 'waits', cure: null }, 'info', 'orders: waits'],
    [{ type: 'job.warning', job: 'orders', message: 'no index', cure: 'Add one.' }, 'warn', 'orders: no index. Add one.'],
    [{ type: 'cycle.progress', job: 'orders', rows: 1, expected: null, ms: 500 }, 'info', 'orders: 1 row, 2 rows/s'],
    [
      { type: 'cycle.progress', job: 'orders', rows: 5000, expected: 20_000, ms: 500 },
      'info',
      'orders: 5,000 rows of about 20,000, 10,000 rows/s',
    ],
    [{ type: 'cycle.progress', job: 'orders', rows: 0, expected: null, ms: 0 }, 'info', 'orders: 0 rows, 0 rows/s'],
    [
      { type: 'cycle.retry', job: 'orders', attempt: 1, delayMs: 2500, code: 'LIB201', reason: 'LIB201 job "orders": gone. Look.' },
      'warn',
      'LIB201 job "orders": gone. Look. Try 2 in 2.5s',
    ],
    [
      {
        type: 'reconcile.end',
        job: 'orders',
        report: { startedAt: 1, endedAt: 9000, ms: 1200, rows: 1001, keys: 1000, published: 1, tombstones: 2, bytes: 20_480 },
      },
      'info',
      'orders: reconciled: 1 row and 2 tombstones published; 1,001 rows read and 1,000 keys compared in 1.2s, 20 KB remembered',
    ],
    [{ type: 'run.ready', jobs: 1, ms: 40 }, 'info', '1 job, ready in 40ms'],
    [{ type: 'run.ready', jobs: 2, ms: 40 }, 'info', '2 jobs, ready in 40ms'],
    [{ type: 'run.stopping', reason: 'SIGTERM' }, 'info', 'stopping: SIGTERM'],
    [{ type: 'run.listening', url: 'http://127.0.0.1:1' }, 'info', 'listening: http://127.0.0.1:1/metrics, /health, /status'],
    [{ type: 'job.lease', job: 'orders', held: true }, 'debug', 'orders: its lease was taken'],
    [report({}), 'debug', 'orders: 0 rows in 250ms'],
    [
      report({ published: 1200, repeated: 3, nulls: 1, mark: '2026-11-21' }),
      'info',
      'orders: 1,200 rows in 250ms, 3 rows met again, 1 row without a cursor, mark 2026-11-21',
    ],
    [report({ outcome: 'stopped' }), 'info', 'orders: 0 rows in 250ms, stopped before the end'],
    [report({ outcome: 'skipped', reason: 'overlap' }), 'warn', 'orders: skipped: overlap'],
    [
      report({ outcome: 'failed', code: 'LIB201', reason: 'LIB201 job "orders": gone. Look.' }),
      'error',
      'LIB201 job "orders": gone. Look.',
    ],
    [report({ outcome: 'failed' }), 'error', 'orders: failed'],
  ])('%o', (event, level, message) => {
    expect(describeEvent(event)).toMatchObject({ level, message });
  });

  it('has its figures as fields, for a machine', () => {
    const { fields } = describeEvent(report({ published: 2, bytes: 80, mark: '7', lagMs: 12 }));
    expect(fields).toEqual({
      job: 'orders',
      outcome: 'ok',
      published: 2,
      repeated: 0,
      nulls: 0,
      deadLetters: 0,
      bytes: 80,
      ms: 250,
      mark: '7',
      lagMs: 12,
      code: null,
    });
    const retry: LiberateEvent = { type: 'cycle.retry', job: 'orders', attempt: 1, delayMs: 5, code: 'LIB201', reason: 'gone.' };
    expect(describeEvent(retry).fields).toEqual({ job: 'orders', attempt: 1, delayMs: 5, code: 'LIB201' });
  });
});

describe('the log', () => {
  it('holds no secret, and each event at its level', () => {
    const lines: unknown[] = [];
    const at = (level: string) => (fields: object, message: string) => lines.push([level, fields, message]);
    const observer = logObserver({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, ['hunter2'], () => true);
    observer({ type: 'job.warning', job: 'a', message: 'refused for hunter2 at postgres://me:other@db', cure: null });
    expect(lines).toEqual([['warn', { job: 'a' }, 'a: refused for *** at postgres://me:***@db']]);
  });
});

describe('observers', () => {
  it('all hear of an event, also when one of them breaks', () => {
    const heard: string[] = [];
    const broken = (): never => {
      throw new Error('broken');
    };
    const observer = tellAll([({ type }) => heard.push(`a ${type}`), broken, ({ type }) => heard.push(`b ${type}`)]);
    observer({ type: 'run.stopping', reason: 'SIGINT' });
    expect(heard).toEqual(['a run.stopping', 'b run.stopping']);
  });
});
