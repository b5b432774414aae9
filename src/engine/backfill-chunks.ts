import { LiberateError } from '../kit/errors.ts';
import type { BackfillRange, Chunk } from '../model/backfill.ts';
import type { Column } from '../model/column.ts';
import type { Source } from '../source/source.ts';
import { type BackfillRequest, isOrdered } from './backfill-request.ts';
import { chunkRows, splitByRows } from './chunk-split.ts';
import { isSettled, type Stamp, stampOf } from './chunk-stamp.ts';
import { mostWindows, parseWindow, type WindowSize, windowEdges } from './chunk-windows.ts';
import type { JobPlan } from './job-plan.ts';

export interface SplitInput {
  readonly plan: JobPlan;
  readonly source: Source;
  readonly request: BackfillRequest;
  readonly range: BackfillRange;
  /** IANA zone of stamps without zone; null: not known. */
  readonly timezone: string | null;
  /** Rows of the whole; null: unknown. */
  readonly expected: number | null;
  readonly workers: number;
}

const whole: Chunk = { from: null, to: null, after: null, upto: null, alone: false, rows: null };

/** The chunks of a backfill, decided once: every row that is there now lies in exactly one. */
export async function splitIntoChunks(input: SplitInput, signal: AbortSignal): Promise<readonly Chunk[]> {
  const { request, source, range, expected, workers } = input;
  if (!isOrdered(request)) return [whole];
  const alone = await aloneRule(input, signal);
  if (range.window !== null) return splitByTime(input, windowOf(range.window), alone, signal);
  const { from, to } = request.window.kind === 'range' ? request.window : whole;
  const step = (page: Chunk['after'], limit: number): Promise<Chunk['upto']> => source.nth({ ...request, page, limit }, signal);
  const bounds = await splitByRows(chunkRows(expected, workers), step);
  return bounds.map((bound) => ({ ...bound, from, to, alone: alone(bound.upto?.[0] ?? to) }));
}

/** LIB110 */
export function windowOf(text: string): WindowSize {
  const size = parseWindow(text);
  if (size !== null) return size;
  throw new LiberateError('LIB110', `--window is "${text}"`, { cure: 'Give days, `1d`, or another time of a second or more, `6h`.' });
}

type AloneRule = (end: string | null) => boolean;

/**
 * In key order a row stays in its chunk. In cursor order it moves when it is changed, to where stamps are still being
 * made: chunks that reach there are read after all the others, one by one, so that its newer event comes last.
 */
async function aloneRule({ plan, source, request }: SplitInput, signal: AbortSignal): Promise<AloneRule> {
  if (request.cursor.length === 0) return () => false;
  if (plan.mode === 'incrementing' || plan.mode === 'transaction') {
    const [cursor] = plan.cursor;
    const stays = plan.key.some(({ name }) => name === cursor?.name);
    return () => !stays;
  }
  const { floor } = await source.horizon(plan.job.lookback, signal);
  const instants = areInstants(plan.cursor);
  return (end) => end === null || !isSettled(end, floor, instants);
}

const areInstants = (cursor: readonly Column[]): boolean => cursor.every(({ type }) => type.kind === 'timestamptz');

async function splitByTime(input: SplitInput, size: WindowSize, alone: AloneRule, signal: AbortSignal): Promise<readonly Chunk[]> {
  const { plan, source, request } = input;
  const { from, to } = request.window.kind === 'range' ? request.window : whole;
  const first = from ?? (await source.nth({ ...request, page: null, limit: 1 }, signal))?.[0] ?? null;
  const last = to ?? (await source.last({ ...request, page: null, limit: null }, signal))?.[0] ?? null;
  const edges = first === null || last === null ? [] : edgeTexts(input, size, stampAt(plan, first), stampAt(plan, last));
  const column = plan.cursor[0] as Column;
  const marks = [...new Set(edges.map((edge) => source.parseCursor(edge, column)))].filter((mark) => mark !== from && mark !== to);
  return [from, ...marks].map((begin, at) => {
    const end = marks[at] ?? to;
    return { ...whole, from: begin, to: end, alone: alone(end) };
  });
}

function stampAt({ name, cursor }: JobPlan, mark: string): Stamp {
  const stamp = stampOf(mark);
  if (stamp !== null) return stamp;
  throw new LiberateError('LIB110', `--window finds the value ${mark} of "${cursor[0]?.name}", in which it knows no day`, {
    place: { job: name },
    cure: 'Give both ends, --from and --to; where the column holds numbers, leave --window out.',
  });
}

/** As a user would write them: in UTC of instants, otherwise in the way of the first stamp. */
function edgeTexts({ plan, timezone }: SplitInput, size: WindowSize, first: Stamp, last: Stamp): readonly string[] {
  const { cadence } = plan.job;
  const zone = timezone ?? (cadence.kind === 'cron' ? cadence.timezone : 'UTC');
  const instants = areInstants(plan.cursor);
  const ms = ({ micros }: Stamp): number => Number(micros / 1000n);
  const edges = windowEdges(size, { first: ms(first), last: ms(last), instants, zone });
  if (edges === null) {
    throw new LiberateError('LIB110', `--window makes more than ${mostWindows} chunks of this range`, {
      place: { job: plan.name },
      cure: 'Give longer windows, or a shorter range.',
    });
  }
  return edges.map((edge) => {
    const text = new Date(edge).toISOString();
    const [day, time] = [text.slice(0, 10), text.slice(11, 23).replace(/\.000$/, '')];
    if (plan.cursor[0]?.type.kind === 'date' || (first.gap === null && time === '00:00:00' && !instants)) return day;
    return `${day}${first.gap ?? ' '}${time}${instants ? 'Z' : ''}`;
  });
}
