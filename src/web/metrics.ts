import type { CycleReport } from '../model/report.ts';
import type { Metric, Sample } from './exposition.ts';
import type { JobFigures } from './job-figures.ts';

/** A metric of each job; null: this job has none. docs/operations.md says what each means. */
interface JobMetric {
  readonly name: string;
  readonly type: Metric['type'];
  readonly help: string;
  readonly value: (job: JobFigures, now: number) => number | null;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

const jobMetrics: readonly JobMetric[] = [
  counter('rows_published_total', 'Events that the sink has acknowledged.', (job) => job.published),
  counter('bytes_published_total', 'Bytes of keys and values that the sink has acknowledged.', (job) => job.bytes),
  counter('rows_repeated_total', 'Rows that a look-back met again and that were not published again.', (job) => job.repeated),
  counter('rows_without_cursor_total', 'Rows with a NULL cursor that were published by `nulls: include`.', (job) => job.nulls),
  counter('retries_total', 'Tries again after a failure that may pass.', (job) => job.retries),
  counter('cycle_seconds_total', 'Time spent in cycles.', (job) => job.cycleMs / 1000),
  gauge('lookback_rows', 'Rows that the newest cycle met again.', (job) => job.metAgain),
  gauge('lookback_seconds', 'How far a poll reads again behind the present.', (job) => seconds(job.lookbackMs)),
  gauge('lag_seconds', "From the newest published row's own time to its acknowledgement.", (job) => seconds(job.lagMs)),
  gauge('mark_age_seconds', "From the mark's own time to now: what was stamped since is not known to be published.", (job, now) =>
    job.markAt === null ? null : Math.max(0, now - job.markAt) / 1000,
  ),
  gauge('last_success_timestamp_seconds', 'When a cycle last ended well, in seconds since 1970.', (job) => seconds(job.lastOkAt)),
  gauge('failures_in_a_row', 'Cycles that have failed since the last that ended well.', (job) => job.failures),
  gauge('retrying', '1 while what failed is tried again, otherwise 0.', (job) => Number(job.retrying !== null)),
  counter('reconciles_total', 'Comparisons of all keys with what was published.', ({ reconciles }) => reconciles?.count ?? null),
  counter('reconcile_seconds_total', 'Time spent in them, the polls in between left out.', ({ reconciles }) =>
    seconds(reconciles?.ms ?? null),
  ),
  counter('reconcile_rows_read_total', 'Rows that they have read.', ({ reconciles }) => reconciles?.rows ?? null),
  counter(
    'reconcile_rows_published_total',
    'Rows that no poll had told, and they have published.',
    ({ reconciles }) => reconciles?.published ?? null,
  ),
  counter('reconcile_tombstones_total', 'Tombstones that they have published.', ({ reconciles }) => reconciles?.tombstones ?? null),
  gauge('last_reconcile_timestamp_seconds', 'When one last ended, in seconds since 1970.', ({ reconciles }) =>
    seconds(reconciles?.endedAt ?? null),
  ),
  gauge('lease_held', '1 while this process holds the lease of the job, otherwise 0.', (job) => Number(job.held)),
];

function counter(name: string, help: string, value: JobMetric['value']): JobMetric {
  return { name: `liberate_${name}`, type: 'counter', help, value };
}

function gauge(name: string, help: string, value: JobMetric['value']): JobMetric {
  return { name: `liberate_${name}`, type: 'gauge', help, value };
}

const labelsOf = ({ job, topic }: JobFigures): Sample['labels'] => ({ job, topic });

/** `now`: milliseconds since 1970. */
export function metricsOf(jobs: readonly JobFigures[], now: number): readonly Metric[] {
  const cycles: Metric = {
    name: 'liberate_cycles_total',
    type: 'counter',
    help: 'Cycles by how they ended: ok, failed, stopped, skipped.',
    samples: jobs.flatMap((job) =>
      (Object.keys(job.cycles) as CycleReport['outcome'][]).map((outcome) => ({
        labels: { ...labelsOf(job), outcome },
        value: job.cycles[outcome],
      })),
    ),
  };
  const own = jobMetrics.map(({ name, type, help, value }): Metric => {
    const samples = jobs.flatMap((job) => {
      const found = value(job, now);
      return found === null ? [] : [{ labels: labelsOf(job), value: found }];
    });
    return { name, type, help, samples };
  });
  return [cycles, ...own, ...processMetrics(now)];
}

function processMetrics(now: number): readonly Metric[] {
  const { rss, heapUsed, heapTotal } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const one = (name: string, type: Metric['type'], help: string, value: number): Metric => {
    return { name, type, help, samples: [{ labels: {}, value }] };
  };
  return [
    one('process_cpu_seconds_total', 'counter', 'Processor time of this process, user and system.', (user + system) / 1e6),
    one('process_resident_memory_bytes', 'gauge', 'Resident memory of this process.', rss),
    one('process_start_time_seconds', 'gauge', 'When this process began, in seconds since 1970.', now / 1000 - process.uptime()),
    one('nodejs_heap_size_used_bytes', 'gauge', 'Heap of JavaScript in use.', heapUsed),
    one('nodejs_heap_size_total_bytes', 'gauge', 'Heap of JavaScript that was taken.', heapTotal),
  ];
}
