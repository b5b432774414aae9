import { PackedRows } from '../../model/packed-rows.ts';
import type { RowBatch } from '../../model/row.ts';
import type { Watermark } from '../../model/watermark.ts';
import type { Flavour } from '../../query/flavour.ts';
import { type PlannedRead, planCondition, planLast, planNth, planRead } from '../../query/plan.ts';
import { type ReadRequest, smallPage } from '../../query/request.ts';
import { onePast, Page } from '../batches.ts';
import { confirming } from '../confirming.ts';
import { PackedRaws } from '../packed-batch.ts';
import { bindText } from './flavour.ts';
import type { Result, Session } from './session.ts';
import { formsOf } from './types.ts';
import { versionOf } from './version.ts';

/** Rows of the first FETCH of a page; what they weigh tells how many the next may have. */
const firstRows = 250;
const mostRows = 10_000;
/** Bytes of one FETCH, and of one batch; two of them are in memory at most. */
const wantedBytes = 1 << 18;
const mostNulls = 1_000;

const run = (session: Session, { sql, binds }: Pick<PlannedRead, 'sql' | 'binds'>): Promise<Result> =>
  session.query(sql, binds.map(bindText));

/** A page's SELECT, and the statement that runs it: small ones by themselves, others through a cursor. */
export function pageStatement(flavour: Flavour, request: ReadRequest): PlannedRead & { readonly run: string } {
  const plan = planRead(flavour, onePast(request));
  return { ...plan, run: isSmall(request) ? plan.sql : `DECLARE page NO SCROLL CURSOR FOR ${plan.sql}` };
}

const isSmall = ({ limit }: ReadRequest): boolean => limit !== null && limit <= smallPage;

/**
 * One page through a cursor of SQL, not a portal of the protocol: each FETCH is a statement of its own, so that
 * `statement_timeout` bounds the server's work and not the time for which a slow sink keeps the page waiting.
 */
export async function* readPage(session: Session, flavour: Flavour, request: ReadRequest): AsyncGenerator<RowBatch> {
  const plan = pageStatement(flavour, request);
  const forms = formsOf(request.columns);
  if (isSmall(request)) {
    // Most polls find nothing: one statement, prepared, in a transaction of its own.
    const rows = await session.rows(plan.sql, plan.binds.map(bindText), new PackedRows(forms, plan.width));
    const batch = new Page(request, plan, confirmation(session, flavour, request)).batch(new PackedRaws(rows), true);
    if (batch !== null) yield batch;
    return;
  }
  const most = request.limit === null ? mostRows : Math.min(mostRows, request.limit + 1);
  const page = new Page(request, plan);
  const confirm = confirmation(session, flavour, request);
  await session.query('BEGIN READ ONLY');
  try {
    await run(session, { ...plan, sql: plan.run });
    let [filling, spare] = [new PackedRows(forms, plan.width), new PackedRows(forms, plan.width)];
    let size = Math.min(firstRows, most);
    let next: Promise<PackedRows> | null = fetchRows(session, size, filling);
    while (next !== null) {
      const rows: PackedRows = await next;
      session.throwIfAborted();
      const batch = page.batch(new PackedRaws(rows), rows.count < size);
      // Once, and before another FETCH is under way: from here on the transaction keeps DDL away.
      if (rows.count > 0) await confirm?.();
      size = Math.max(1, Math.min(most, Math.floor((wantedBytes * rows.count) / Math.max(1, rows.length))));
      // The server makes the next rows while these are on their way; two batches are in memory at most.
      next = page.done ? null : fetchRows(session, size, spare);
      [filling, spare] = [spare, filling];
      if (batch !== null) yield batch;
    }
  } finally {
    await session.rollback();
  }
}

export const confirmation = (session: Session, flavour: Flavour, request: ReadRequest): RowBatch['confirm'] =>
  confirming(request, () => versionOf(session, flavour, request.relation, request.version ?? ''));

function fetchRows(session: Session, size: number, into: PackedRows): Promise<PackedRows> {
  const fetching = session.rows(`FETCH ${size} FROM page`, [], into);
  // It may fail while the consumer is still at the rows before it; whoever awaits it gets the error.
  fetching.catch(() => {});
  return fetching;
}

export function lastPosition(session: Session, flavour: Flavour, request: ReadRequest): Promise<Watermark | null> {
  return position(session, planLast(flavour, request));
}

export function nthPosition(session: Session, flavour: Flavour, request: ReadRequest): Promise<Watermark | null> {
  return position(session, planNth(flavour, request));
}

async function position(session: Session, plan: PlannedRead): Promise<Watermark | null> {
  const { rows } = await run(session, plan);
  const [row] = rows;
  return row === undefined ? null : plan.positionAt.map((at) => row[at] ?? '');
}

/** Counted up to 1,000, as more would not tell more. */
export async function countNulls(session: Session, flavour: Flavour, request: ReadRequest): Promise<number> {
  const { sql, binds } = planCondition(flavour, { ...request, window: { kind: 'nulls' }, page: null });
  const counted = `SELECT count(*) FROM (SELECT 1 ${sql} LIMIT ${mostNulls}) n`;
  const { rows } = await run(session, { sql: counted, binds });
  return Number(rows[0]?.[0] ?? 0);
}

/** The planner's own guess. */
export async function estimate(session: Session, flavour: Flavour, request: ReadRequest): Promise<number | null> {
  const { sql, binds } = planCondition(flavour, request);
  const { rows } = await run(session, { sql: `EXPLAIN (FORMAT JSON) SELECT 1 ${sql}`, binds });
  const [explained] = JSON.parse(rows[0]?.[0] ?? '[]') as readonly { readonly Plan?: { readonly 'Plan Rows'?: number } }[];
  const expected = explained?.Plan?.['Plan Rows'];
  if (expected === undefined) return null;
  return request.limit === null ? expected : Math.min(expected, request.limit);
}
