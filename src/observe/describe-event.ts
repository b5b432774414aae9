import { formatDuration } from '../kit/duration.ts';
import type { ReconcileReport } from '../model/published.ts';
import type { CycleReport, Held } from '../model/report.ts';
import { guaranteeLine } from './describe-guarantee.ts';
import type { LiberateEvent } from './event.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** From the least on. */
export const levels: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/** Whether a logger of that level writes lines of the other. */
export const tells = (least: Level, level: Level): boolean => levels.indexOf(level) >= levels.indexOf(least);

/** An event as a log line: what a person reads, and the fields that a machine does. */
export interface LogLine {
  readonly level: Level;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Whole numbers with thousands separators, the same in every locale. */
export const count = (amount: number): string => String(Math.round(amount)).replace(/\B(?=(\d{3})+$)/g, ',');

const rows = (amount: number): string => `${count(amount)} ${amount === 1 ? 'row' : 'rows'}`;

export function describeEvent(event: LiberateEvent): LogLine {
  switch (event.type) {
    case 'job.start': {
      const { type: _, ...fields } = event;
      const { job, relation, topic, mode } = event;
      return { level: 'info', message: `${job}: ${relation} → ${topic}, ${mode}; ${guaranteeLine(event)}`, fields };
    }
    case 'job.notice':
    case 'job.warning':
      return {
        level: event.type === 'job.warning' ? 'warn' : 'info',
        message: `${event.job}: ${event.message}${event.cure === null ? '' : `. ${event.cure}`}`,
        fields: { job: event.job },
      };
    case 'cycle.progress': {
      const { job, expected, ms } = event;
      return {
        level: 'info',
        message: `${job}: ${rows(event.rows)}${expected === null ? '' : ` of about ${count(expected)}`}, ${count(event.rows / Math.max(0.001, ms / 1000))} rows/s`,
        fields: { job, rows: event.rows, expected, ms },
      };
    }
    case 'cycle.retry': {
      const { job, attempt, delayMs, code, reason } = event;
      return {
        level: 'warn',
        message: `${reason} Try ${attempt + 1} in ${formatDuration(delayMs)}`,
        fields: { job, attempt, delayMs, code },
      };
    }
    case 'backfill.chunk': {
      const { job, chunk, chunks, range, published, ms } = event;
      return {
        level: 'info',
        message: `${job}: chunk ${chunk} of ${chunks} done, ${range}: ${rows(published)} in ${formatDuration(ms)}`,
        fields: { job, chunk, chunks, range, published, ms },
      };
    }
    case 'reconcile.end':
      return {
        level: 'info',
        message: `${event.job}: reconciled: ${describeReconcile(event.report)}`,
        fields: { job: event.job, ...event.report },
      };
    case 'cycle.end':
      return describeReport(event.report);
    case 'run.ready':
      return {
        level: 'info',
        message: `${event.jobs} ${event.jobs === 1 ? 'job' : 'jobs'}, ready in ${formatDuration(event.ms)}`,
        fields: { jobs: event.jobs, ms: event.ms },
      };
    case 'job.lease': {
      const { job, held } = event;
      return { level: 'debug', message: `${job}: its lease was ${held ? 'taken' : 'given up'}`, fields: { job, held } };
    }
    case 'run.listening':
      return { level: 'info', message: `listening: ${event.url}/metrics, /health, /status`, fields: { url: event.url } };
    case 'run.stopping':
      return { level: 'info', message: `stopping: ${event.reason}`, fields: { reason: event.reason } };
    default:
      return event satisfies never;
  }
}

/** `pid 4711 of user shop, open for 12s` */
export function heldText({ by, user, openMs }: Held): string {
  return `${by}${user === null ? '' : ` of user ${user}`}, open for ${formatDuration(openMs)}`;
}

/** What a reconcile found and cost, as a person reads it. */
export function describeReconcile({ rows: read, keys, published, tombstones, ms, bytes }: ReconcileReport): string {
  const found = `${rows(published)} and ${count(tombstones)} ${tombstones === 1 ? 'tombstone' : 'tombstones'} published`;
  return `${found}; ${rows(read)} read and ${count(keys)} keys compared in ${formatDuration(ms)}, ${count(bytes / 1024)} KB remembered`;
}

/** Of a cycle that found nothing to publish: only the level debug tells it. */
export const isQuiet = ({ outcome, published, deadLetters }: CycleReport): boolean => outcome === 'ok' && published + deadLetters === 0;

function describeReport(report: CycleReport): LogLine {
  const { job, outcome, published, repeated, nulls, deadLetters, bytes, mark, lagMs, code, reason, held } = report;
  const ms = report.endedAt - report.startedAt;
  const counted = { published, repeated, nulls, deadLetters, bytes };
  const fields = { job, outcome, ...counted, ms, mark, lagMs, code, ...(held === undefined ? {} : { held }) };
  if (outcome === 'failed') return { level: 'error', message: reason ?? `${job}: failed`, fields };
  if (outcome === 'skipped') return { level: 'warn', message: `${job}: skipped: ${reason}`, fields };
  const notes = [
    repeated > 0 ? `${rows(repeated)} met again` : '',
    nulls > 0 ? `${rows(nulls)} without a cursor` : '',
    deadLetters > 0 ? `${rows(deadLetters)} to the dead letters` : '',
    mark === null ? '' : `mark ${mark}`,
    held === undefined ? '' : `later ones wait for ${heldText(held)}`,
    outcome === 'stopped' ? 'stopped before the end' : '',
  ].filter((note) => note !== '');
  return {
    level: isQuiet(report) ? 'debug' : 'info',
    message: `${job}: ${rows(published)} in ${formatDuration(ms)}${notes.map((note) => `, ${note}`).join('')}`,
    fields,
  };
}
