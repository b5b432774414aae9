import type { BackfillOptions } from '../../src/engine/backfill-options.ts';
import type { Shape } from '../../src/model/column.ts';
import type { Job } from '../../src/model/job.ts';
import { column } from '../schema/column.ts';

/** A job as the configuration makes it, with every default. */
export function job(some: Partial<Job> = {}): Job {
  return {
    name: 'orders',
    source: 'shop',
    sink: 'kafka',
    what: { kind: 'tables', include: ['orders'], exclude: [] },
    columns: { include: null, exclude: [], rename: {} },
    cast: {},
    mask: {},
    where: null,
    deleted: null,
    key: null,
    mode: null,
    cursor: ['updated_at'],
    increment: null,
    initial: { kind: 'bulk' },
    batch: 1000,
    lookback: null,
    order: 'relaxed',
    nulls: 'error',
    reconcile: null,
    topic: '{source}.{schema}.{table}',
    onBadRow: 'fail',
    deadLetterTopic: '{source}.{schema}.{table}.deadletters',
    format: 'json',
    keyFormat: 'json',
    envelope: 'none',
    compatibility: 'forward',
    onSchemaChange: 'stop',
    headers: {},
    partitionBy: [],
    eventTime: null,
    cadence: { kind: 'every', ms: 10_000 },
    wake: null,
    jitter: 0,
    overlap: 'skip',
    timeout: null,
    retries: 3,
    enabled: true,
    at: 'jobs.yaml:3:3',
    ...some,
  };
}

/** `shop.orders`: id, updated_at, paid. */
export function shape(some: Partial<Shape> = {}): Shape {
  return {
    columns: [
      column('id', 'integer', 'bigint', false),
      column('updated_at', 'timestamptz', 'timestamp with time zone', false),
      column('paid', 'decimal'),
    ],
    primaryKey: ['id'],
    indexes: [],
    remarks: [],
    idRemarks: [],
    ...some,
  };
}

/** `liberate backfill` without an option. */
export const wholeBackfill: BackfillOptions = {
  from: null,
  to: null,
  window: null,
  dryRun: false,
  wait: false,
  parallel: 1,
  resume: false,
  restart: false,
};
