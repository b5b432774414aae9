import { createHash } from 'node:crypto';
import { LiberateError } from '../kit/errors.ts';
import type { AskedBackfill, BackfillAnswer, BackfillState } from '../model/backfill.ts';
import type { PublishedHead } from '../model/published.ts';
import type { CycleReport } from '../model/report.ts';
import type { JobState } from '../model/state.ts';
import { answerAt, askedAt, backfillStateAt } from './backfill-state.ts';
import { cycleReportAt, jobStateAt } from './job-state.ts';
import { publishedHeadAt } from './published-head.ts';
import type { LeaseRow, StoredJob } from './state-store.ts';

/** A row as a driver returns it: an integer is a bigint, a number or its text, by the driver's choice. */
export type Row = Readonly<Record<string, unknown>>;

export interface StateColumns {
  readonly state: string | null;
  readonly state_sum: string | null;
}

/** The first 16 hex digits of the SHA-256: a flipped byte that still parses must not become a mark. */
export function checksum(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

export function encodeState(state: JobState | BackfillState | AskedBackfill | PublishedHead | null): StateColumns {
  if (state === null) return { state: null, state_sum: null };
  const text = JSON.stringify(state);
  return { state: text, state_sum: checksum(text) };
}

function damaged(job: string, what: string, cause?: unknown): LiberateError {
  return new LiberateError('LIB402', `the stored state of job "${job}" cannot be read: ${what}`, { place: { job }, cause });
}

function decode<T>(job: string, column: string, text: unknown, read: (value: unknown, path: string) => T): T {
  if (typeof text !== 'string') throw damaged(job, `${column} is not a text`);
  try {
    return read(JSON.parse(text), column);
  } catch (cause) {
    throw damaged(job, cause instanceof SyntaxError ? `${column} is not JSON` : (cause as Error).message, cause);
  }
}

/** The state of a row; null only where a commit or a reset wrote null. Anything unreadable is LIB402, never empty. */
export function decodeState(job: string, row: Row): JobState | null {
  if (row['state'] === null && row['state_sum'] === null) return null;
  return decodeSummed(job, row, jobStateAt);
}

export function decodeBackfill(job: string, row: Row): BackfillState {
  return decodeSummed(job, row, backfillStateAt);
}

export function decodeAsked(job: string, row: Row): AskedBackfill {
  return decodeSummed(job, row, askedAt);
}

export function decodeAnswer(job: string, { answer }: Row): BackfillAnswer | null {
  return answer === null ? null : decode(job, 'answer', answer, answerAt);
}

export function decodeHead(job: string, row: Row): PublishedHead {
  return decodeSummed(job, row, publishedHeadAt);
}

/** Bytes that were stored with a checksum. */
export function decodeBytes(job: string, row: Row): Buffer {
  const found = row['data'];
  // PostgreSQL's text form, where the driver leaves every value as it comes.
  const data = typeof found === 'string' && found.startsWith('\\x') ? Buffer.from(found.slice(2), 'hex') : found;
  if (!(data instanceof Uint8Array)) throw damaged(job, 'what was published is not bytes');
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (checksum(bytes) !== row['data_sum']) throw damaged(job, 'what was published has another checksum than was stored with it');
  return bytes;
}

function decodeSummed<T>(job: string, { state, state_sum: sum }: Row, read: (value: unknown, path: string) => T): T {
  const decoded = decode(job, 'state', state, read);
  const found = checksum(state as string);
  if (found !== sum) throw damaged(job, `its checksum is ${found} and ${String(sum)} was stored with it`);
  return decoded;
}

export function integer(value: unknown, what: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw new LiberateError('LIB402', `${what} in the state is not a whole number`);
}

export function decodeLease(row: Row): LeaseRow {
  const left = Number(integer(row['ms_left'], 'the end of a lease'));
  return { holder: String(row['holder']), fence: integer(row['fence'], 'the fence of a lease'), msLeft: Math.max(0, left) };
}

function decodeReport(job: string, row: Row, column: string): CycleReport | null {
  return row[column] === null ? null : decode(job, column, row[column], cycleReportAt);
}

/** A job with a lease and no row of its own has not committed or reported yet. */
export function decodeJob(job: string, row: Row | undefined, lease: Row | undefined, head: Row | undefined): StoredJob {
  const found = head === undefined ? null : decodeHead(job, head);
  const reconciled = found?.last ?? null;
  const told = found?.told ?? 0;
  const held = lease === undefined ? null : decodeLease(lease);
  if (row === undefined) {
    const nothing = { state: null, committedAt: null, last: null, lastOk: null, failuresInARow: 0 };
    return { job, ...nothing, publishedTotal: told, lease: held, reconciled };
  }
  const at = row['committed_at'];
  return {
    job,
    state: decodeState(job, row),
    committedAt: at === null ? null : Number(integer(at, 'the time of a commit')),
    last: decodeReport(job, row, 'last_report'),
    lastOk: decodeReport(job, row, 'last_ok_report'),
    publishedTotal: Number(integer(row['published_total'], 'the total of published records')) + told,
    failuresInARow: Number(integer(row['failures_in_a_row'], 'the count of failures')),
    lease: held,
    reconciled,
  };
}
