import { describe, expect, test } from 'vitest';
import { parseObject } from '../../src/config/parse.ts';
import { parse, sound } from './support.ts';

const query = 'SELECT order_id, updated_at FROM orders';
const files = { '/app/queries/order_summary.sql': query };

const smallest = `source: sqlite:fixtures/shop.db        # postgres://  mysql://  mariadb://  sqlite:
sink: ndjson:out                       # kafka://host:9092  ndjson:DIR  stdout:
jobs:
  customers:     { table: customers, cursor: updated_at, every: 10s }
  payments:      { table: payments, cursor: id, every: 5s }
  order_summary: { query: queries/order_summary.sql, key: order_id, cursor: updated_at, schedule: "*/5 * * * *" }
`;

const customers = {
  name: 'customers',
  source: 'default',
  sink: 'default',
  what: { kind: 'tables', include: ['customers'], exclude: [] },
  columns: { include: null, exclude: [], rename: {} },
  cast: {},
  mask: {},
  where: null,
  deleted: null,
  onBadRow: 'fail',
  deadLetterTopic: '{job}.deadletters',
  key: null,
  mode: null,
  cursor: ['updated_at'],
  increment: null,
  initial: { kind: 'bulk' },
  batch: 10_000,
  lookback: null,
  order: 'relaxed',
  reconcile: null,
  nulls: 'error',
  topic: '{job}',
  format: 'json',
  keyFormat: 'json',
  envelope: 'none',
  compatibility: 'forward',
  onSchemaChange: 'stop',
  headers: {},
  partitionBy: [],
  eventTime: null,
  cadence: { kind: 'every', ms: 10_000 },
  jitter: 0,
  overlap: 'skip',
  timeout: null,
  wake: null,
  retries: 5,
  enabled: true,
  at: '/app/jobs.yaml:4:3',
};

const golden = {
  file: '/app/jobs.yaml',
  directory: '/app',
  sources: {
    default: {
      name: 'default',
      kind: 'sqlite',
      url: '/app/fixtures/shop.db',
      user: null,
      password: null,
      tls: null,
      pool: 5,
      timezone: null,
      statementTimeout: 300_000,
      session: [],
    },
  },
  sinks: { default: { kind: 'ndjson', name: 'default', directory: '/app/out' } },
  state: { kind: 'sqlite', url: '/app/jobs.state.db', user: null, password: null, tls: null },
  leaseTtl: 15_000,
  http: null,
  jobs: [
    customers,
    {
      ...customers,
      name: 'payments',
      what: { kind: 'tables', include: ['payments'], exclude: [] },
      cursor: ['id'],
      cadence: { kind: 'every', ms: 5000 },
      at: '/app/jobs.yaml:5:3',
    },
    {
      ...customers,
      name: 'order_summary',
      what: { kind: 'query', text: query, file: 'queries/order_summary.sql' },
      key: ['order_id'],
      cadence: { kind: 'cron', expression: '*/5 * * * *', timezone: 'UTC' },
      at: '/app/jobs.yaml:6:3',
    },
  ],
  secrets: [],
};

function everythingIsFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(everythingIsFrozen);
}

describe('the smallest file', () => {
  test('gets every default filled in', () => {
    expect(sound(smallest, { files })).toEqual(golden);
  });

  test('is frozen all the way down', () => {
    expect(everythingIsFrozen(parse(smallest, { files }))).toBe(true);
  });

  test('gives no warning', () => {
    expect(parse(smallest, { files }).warnings).toEqual([]);
  });

  test('means the same as an object, whose jobs are placed by their path', () => {
    const object = {
      source: 'sqlite:fixtures/shop.db',
      sink: 'ndjson:out',
      jobs: {
        customers: { table: 'customers', cursor: 'updated_at', every: '10s' },
        payments: { table: ['payments'], cursor: 'id', every: '5s' },
        order_summary: { query: 'queries/order_summary.sql', key: 'order_id', cursor: 'updated_at', schedule: '*/5 * * * *' },
      },
    };
    const result = parseObject(object, '/app', {}, () => query);
    const state = { ...golden.state, url: '/app/liberate.state.db' };
    const jobs = golden.jobs.map((job) => ({ ...job, at: `jobs.${job.name}` }));
    expect(result).toEqual({ ok: true, config: { ...golden, file: '', state, jobs }, warnings: [] });
  });
});

test('an object with mistakes names them by path', () => {
  const result = parseObject(
    { source: 'sqlite:x.db', sink: 'stdout', jobs: { a: { table: 'a', every: 10, batch: 1.5 } } },
    '/app',
    {},
    () => '',
  );
  expect(result.ok ? [] : result.problems.map(({ at, code }) => [at, code])).toEqual([
    ['jobs.a.batch', 'LIB103'],
    ['jobs.a.every', 'LIB103'],
  ]);
});
