import type { PackedRows } from '../../model/packed-rows.ts';
import type { RowBatch } from '../../model/row.ts';
import type { Watermark } from '../../model/watermark.ts';
import type { Flavour } from '../../query/flavour.ts';
import { type PlannedRead, planCondition, planLast, planNth, planRead } from '../../query/plan.ts';
import { type ReadRequest, smallPage } from '../../query/request.ts';
import { onePast, Page, positionOf } from '../batches.ts';
import { confirming } from '../confirming.ts';
import { PackedRaws } from '../packed-batch.ts';
import type { Session } from './session.ts';
import { formsOf, isBinary } from './types.ts';
import { versionOf } from './version.ts';

const mostNulls = 1_000;

export async function* readPage(session: Session, flavour: Flavour, request: ReadRequest): AsyncGenerator<RowBatch, void, void> {
  const plan = planRead(flavour, onePast(request));
  const binary = binaryFields(plan, request);
  const look = (): Promise<string> => versionOf(session, flavour, request.relation);
  // DDL waits for the statement's end, but its connection can be asked nothing before that: a long one is begun with a look, too.
  if (request.limit === null || request.limit > smallPage) await confirming(request, look)?.();
  const confirm = confirming(request, look);
  let leaving = false;
  let over = false;
  const whenOver = async (): Promise<void> => {
    leaving = true;
    if (over) await confirm?.();
  };
  const page = new Page(request, plan, confirm && whenOver);
  for await (const { rows, end } of session.select(plan.sql, formsOf(request.columns))) {
    over = end;
    const batch = page.batch(new PackedRaws(rows, markOf(rows, binary)), end);
    if (batch !== null) yield batch;
  }
  if (leaving) await confirm?.();
}

/** Fields of the position whose bytes are no text. */
function binaryFields({ positionAt, orderedBy }: PlannedRead, request: ReadRequest): ReadonlySet<number> {
  const binary = new Set<number>();
  positionAt.forEach((place, at) => {
    // A name that is no column's stands for the COALESCE of the cursor.
    const column = [...request.key, ...request.cursor].find(({ name }) => name === orderedBy[at]) ?? request.cursor[0];
    if (column !== undefined && isBinary(column)) binary.add(place);
  });
  return binary;
}

/** The mark of a field that is no text is its bytes in hex. */
const markOf =
  (rows: PackedRows, binary: ReadonlySet<number>) =>
  (row: number, field: number): string | null =>
    binary.has(field) ? rows.hex(row, field) : null;

export function lastPosition(session: Session, flavour: Flavour, request: ReadRequest): Promise<Watermark | null> {
  return position(session, request, () => planLast(flavour, request));
}

export function nthPosition(session: Session, flavour: Flavour, request: ReadRequest): Promise<Watermark | null> {
  return position(session, request, () => planNth(flavour, request));
}

async function position(session: Session, request: ReadRequest, planned: () => PlannedRead): Promise<Watermark | null> {
  const plan = planned();
  const binary = binaryFields(plan, request);
  for await (const { rows } of session.select(plan.sql, [])) {
    if (rows.count > 0) return positionOf(new PackedRaws(rows, markOf(rows, binary)), 0, plan);
  }
  return null;
}

/** Counted up to 1,000, as more would not tell more. */
export async function countNulls(session: Session, flavour: Flavour, request: ReadRequest): Promise<number> {
  const { sql } = planCondition(flavour, { ...request, window: { kind: 'nulls' }, page: null });
  const { rows } = await session.query(`SELECT COUNT(*) FROM (SELECT 1 ${sql} LIMIT ${mostNulls}) n`);
  return Number(rows[0]?.[0] ?? 0);
}

/** The optimiser's own guess: the rows of each line of the outermost SELECT, times one another. */
export async function estimate(session: Session, flavour: Flavour, request: ReadRequest): Promise<number | null> {
  const { sql } = planCondition(flavour, request);
  const { fields, rows } = await session.query(`EXPLAIN FORMAT=TRADITIONAL SELECT 1 ${sql}`);
  const placeOf = (name: string): number => fields.findIndex((field) => field.name === name);
  const [id, guess, filtered] = [placeOf('id'), placeOf('rows'), placeOf('filtered')];
  const outer = rows.filter((row) => row[id] === '1');
  if (outer.length === 0) return null;
  // A line without a guess is a table of which the optimiser knows that no row fits.
  const expected = outer.reduce((product, row) => product * Number(row[guess] ?? 0) * (Number(row[filtered] ?? 100) / 100), 1);
  return Math.min(Math.round(expected), request.limit ?? Number.POSITIVE_INFINITY);
}
