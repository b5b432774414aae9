import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Statement } from 'better-sqlite3';
import { throwIfAborted } from '../../kit/abort.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { RowBatch } from '../../model/row.ts';
import type { Watermark } from '../../model/watermark.ts';
import type { Bind } from '../../query/flavour.ts';
import { type PlannedRead, planCondition, planLast, planNth, planRead } from '../../query/plan.ts';
import type { ReadRequest } from '../../query/request.ts';
import { onePast, Page } from '../batches.ts';
import { confirming } from '../confirming.ts';
import { ValueRaws } from '../value-rows.ts';
import type { Connection } from './connections.ts';
import { refusedStatement, sqliteError } from './errors.ts';
import { sqliteFlavour } from './flavour.ts';
import { instantBound } from './instant.ts';
import { fromLiteral, isStored, type Stored, toLiteral } from './literal.ts';
import { versionOf } from './version.ts';

/** Rows taken in one turn of the event loop, which stands still meanwhile. */
const batchRows = 250;

/** Counting stops here. */
const countedNulls = 1000;

type RawRow = (Stored | null)[];

export interface Reading {
  readonly connection: Connection;
  readonly path: string;
  readonly timezone: string | null;
}

/** Streams a page; the open statement is one read transaction, and ends with the loop. */
export async function* readPage(reading: Reading, request: ReadRequest, signal: AbortSignal): AsyncGenerator<RowBatch, void, undefined> {
  const plan = planRead(sqliteFlavour, onePast(request));
  const rows = iterate(reading, plan);
  const page = new Page(
    request,
    plan,
    confirming(request, async () => versionOf(reading.connection)),
  );
  try {
    for (;;) {
      const raws: RawRow[] = [];
      const end = take(reading.path, rows, raws);
      const batch = page.batch(new ValueRaws(raws, request.columns.length, toLiteral), end);
      if (batch !== null) yield batch;
      if (end) return;
      await nextTurn();
      throwIfAborted(signal);
    }
  } finally {
    // A statement left open keeps the write-ahead log from being reset: it would grow without end.
    rows.return?.();
  }
}

/** True when there are no rows after these. */
function take(path: string, rows: Iterator<RawRow>, into: RawRow[]): boolean {
  try {
    while (into.length < batchRows) {
      const next = rows.next();
      if (next.done === true) return true;
      into.push(next.value);
    }
    return false;
  } catch (error) {
    throw sqliteError(path, error);
  }
}

function iterate(reading: Reading, { sql, binds }: Pick<PlannedRead, 'sql' | 'binds'>): Iterator<RawRow> {
  const statement = prepare(reading, sql);
  const values = bindValues(reading, binds);
  try {
    return statement.raw().iterate(...values) as IterableIterator<RawRow>;
  } catch (error) {
    throw refusedStatement(reading.path, error);
  }
}

/** The last position in reading order; null when there is no row. */
export function lastPosition(reading: Reading, request: ReadRequest): Watermark | null {
  return position(reading, planLast(sqliteFlavour, request), 'last row');
}

export function nthPosition(reading: Reading, request: ReadRequest): Watermark | null {
  return position(reading, planNth(sqliteFlavour, request), `row ${request.limit ?? 1}`);
}

function position(reading: Reading, plan: PlannedRead, which: string): Watermark | null {
  const row = firstRow(reading, plan);
  if (row === undefined) return null;
  return plan.positionAt.map((place, at) => {
    const field = row[place];
    if (isStored(field)) return toLiteral(field);
    throw new LiberateError('LIB211', `the column "${plan.orderedBy[at] ?? '?'}" holds NULL in the ${which} in reading order`, {
      cure: 'A key must identify each row: give columns that are never NULL as `key:`.',
    });
  });
}

export function countNulls(reading: Reading, request: ReadRequest): number {
  const { sql, binds } = planCondition(sqliteFlavour, { ...request, window: { kind: 'nulls' }, page: null });
  const row = firstRow(reading, { sql: `SELECT count(*) FROM (SELECT 1 ${sql} LIMIT ${countedNulls})`, binds });
  return Number(row?.[0] ?? 0);
}

export function firstRow(reading: Reading, read: Pick<PlannedRead, 'sql' | 'binds'>): RawRow | undefined {
  const rows = iterate(reading, read);
  try {
    const next = rows.next();
    return next.done === true ? undefined : next.value;
  } catch (error) {
    throw sqliteError(reading.path, error);
  } finally {
    rows.return?.();
  }
}

/** A small result, whole. */
export function allRows(reading: Reading, read: Pick<PlannedRead, 'sql' | 'binds'>): readonly RawRow[] {
  try {
    return [...{ [Symbol.iterator]: () => iterate(reading, read) }];
  } catch (error) {
    throw sqliteError(reading.path, error);
  }
}

function prepare({ connection, path }: Reading, sql: string): Statement<unknown[]> {
  try {
    return connection.database.prepare<unknown[]>(sql);
  } catch (error) {
    throw refusedStatement(path, error);
  }
}

export function bindValues({ timezone }: Reading, binds: readonly Bind[]): readonly Stored[] {
  return binds.map((bind) => {
    if (bind.kind === 'instant') return instantBound(bind.micros, bind.like, timezone);
    const value = fromLiteral(bind.text);
    if (value !== null) return value;
    throw new LiberateError('LIB103', `the mark ${bind.text} of column "${bind.column.name}" is not an SQL literal`, {
      place: { column: bind.column.name },
      cure: "Give it as SQLite writes it: `42`, `'2026-01-01 00:00:00'`, `X'00FF'`.",
    });
  });
}
