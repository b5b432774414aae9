import type { Relation } from '../model/column.ts';
import { deletedCondition } from './deleted.ts';
import type { Bind, Flavour } from './flavour.ts';
import { afterPosition, alias, columnOf, comparison, cursorColumn, type OrderTerm, orderTerms, Writer } from './order.ts';
import { bareQuery, splitPlaceholders } from './placeholders.ts';
import type { ReadRequest } from './request.ts';
import { belowFence, lowerBound, snapshotOf, windowCondition } from './window.ts';

export interface PlannedRead {
  readonly sql: string;
  readonly binds: readonly Bind[];
  /** Names of the ordering columns, cursor first, as a person reads them. */
  readonly orderedBy: readonly string[];
  /** Where in a result row each ordering column's raw text stands. */
  readonly positionAt: readonly number[];
  /** Where the flags stand; null: `ahead` is true and `recent` false for every row. */
  readonly aheadAt: number | null;
  readonly recentAt: number | null;
  /** Where it stands that the row is deleted; null: no row is. */
  readonly deletedAt: number | null;
  /** Fields of a result row. */
  readonly width: number;
}

/** The relation as it stands after FROM, under the alias `q`. */
function fromClause(writer: Writer, flavour: Flavour, request: ReadRequest): string {
  const { relation } = request;
  if (relation.kind === 'table') return `${flavour.table(relation.table)} ${alias}`;
  const [first] = request.cursor;
  const text = bareQuery(relation.text, flavour.lexis);
  const pieces = splitPlaceholders(text, flavour.lexis).map((piece) => {
    if ('text' in piece) return piece.text;
    if (first === undefined) return 'NULL';
    const cursor = cursorColumn(first, request.cursor);
    if (piece.name === 'since') return lowerBound(writer, flavour, cursor, request.window) ?? flavour.lowest(cursor);
    const to = request.window.kind === 'range' ? request.window.to : null;
    if (to !== null) return writer.mark(to, cursor);
    const { below = null, window, sample } = request;
    if (window.kind === 'snapshot') return writer.mark(snapshotOf(window.upTo).end, cursor);
    const fenced = below !== null && (window.kind !== 'after' || window.floor === null);
    return fenced ? writer.instant(below, cursor, sample) : flavour.highest(cursor);
  });
  // The closing parenthesis has a line of its own: the text may end in a comment.
  return `(\n${pieces.join('')}\n) ${alias}`;
}

/** `FROM` for looking at a relation's columns. `bound` stands for `:since` and `:until`; a database may want it typed. */
export function describeFrom(flavour: Flavour, relation: Relation, bound = 'NULL'): string {
  if (relation.kind === 'table') return `${flavour.table(relation.table)} ${alias}`;
  const text = splitPlaceholders(bareQuery(relation.text, flavour.lexis), flavour.lexis)
    .map((piece) => ('text' in piece ? piece.text : bound))
    .join('');
  return `(\n${text}\n) ${alias}`;
}

/** FROM and WHERE of a request's window, for counting. */
export function planCondition(flavour: Flavour, request: ReadRequest): { readonly sql: string; readonly binds: readonly Bind[] } {
  const writer = new Writer(flavour);
  const terms = orderTerms(flavour, request);
  const sql = fromAndWhere(writer, flavour, terms, request);
  return { sql, binds: writer.binds };
}

function fromAndWhere(writer: Writer, flavour: Flavour, terms: readonly OrderTerm[], request: ReadRequest): string {
  const from = fromClause(writer, flavour, request);
  const conditions = [...windowCondition(writer, flavour, terms, request)];
  if (request.page !== null) conditions.push(afterPosition(writer, flavour, terms, request.page));
  const until = request.until ?? null;
  if (until !== null) conditions.push(comparison(writer, flavour, terms, until, '<='));
  conditions.push(...belowFence(writer, terms, request));
  if (request.where !== null) conditions.push(`(\n${request.where}\n)`);
  return `FROM ${from}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
}

/** The SELECT of one page. */
export function planRead(flavour: Flavour, request: ReadRequest): PlannedRead {
  const writer = new Writer(flavour);
  const terms = orderTerms(flavour, request);
  const [head] = terms;
  const selected = request.columns.map((column) => flavour.select(columnOf(flavour, column), column));
  const places = new Map(request.columns.map((column, at) => [columnOf(flavour, column), at]));
  const positionAt = terms.map(({ expression, column }) => {
    const place = places.get(expression);
    if (place !== undefined) return place;
    return selected.push(flavour.select(expression, column)) - 1;
  });

  const { window } = request;
  let aheadAt: number | null = null;
  if (window.kind === 'after' || window.kind === 'gaps') {
    aheadAt = selected.push(`CASE WHEN ${afterPosition(writer, flavour, terms, window.mark)} THEN 1 ELSE 0 END`) - 1;
  }
  let recentAt: number | null = null;
  if (request.recentFrom !== null && head !== undefined && window.kind !== 'nulls' && window.kind !== 'keys') {
    const from = writer.instant(request.recentFrom, head.column, request.sample);
    recentAt = selected.push(`CASE WHEN ${head.expression} >= ${from} THEN 1 ELSE 0 END`) - 1;
  }

  let deletedAt: number | null = null;
  if (request.deleted) {
    const condition = deletedCondition(flavour, request.deleted, (column) => columnOf(flavour, column));
    deletedAt = selected.push(`CASE WHEN ${condition} THEN 1 ELSE 0 END`) - 1;
  }

  const order = terms.length === 0 ? '' : ` ORDER BY ${terms.map(({ expression }) => expression).join(', ')}`;
  const limit = request.limit === null ? '' : ` LIMIT ${request.limit}`;
  const sql = `SELECT ${selected.join(', ')} ${fromAndWhere(writer, flavour, terms, request)}${order}${limit}`;
  const orderedBy = terms.map(({ name }) => name);
  return { sql, binds: writer.binds, orderedBy, positionAt, aheadAt, recentAt, deletedAt, width: selected.length };
}

/** The position of the last row in reading order. */
export function planLast(flavour: Flavour, request: ReadRequest): PlannedRead {
  return planPosition(flavour, request, ' DESC', 'LIMIT 1');
}

/** The position of the row with the number `limit` in reading order, counted from 1: an index is walked, and one row sent. */
export function planNth(flavour: Flavour, request: ReadRequest): PlannedRead {
  return planPosition(flavour, request, '', `LIMIT 1 OFFSET ${(request.limit ?? 1) - 1}`);
}

function planPosition(flavour: Flavour, request: ReadRequest, direction: string, limit: string): PlannedRead {
  const writer = new Writer(flavour);
  const terms = orderTerms(flavour, request);
  const selected = terms.map(({ expression, column }) => flavour.select(expression, column));
  const order = terms.map(({ expression }) => `${expression}${direction}`).join(', ');
  const sql = `SELECT ${selected.join(', ')} ${fromAndWhere(writer, flavour, terms, request)} ORDER BY ${order} ${limit}`;
  const orderedBy = terms.map(({ name }) => name);
  return {
    sql,
    binds: writer.binds,
    orderedBy,
    positionAt: terms.map((_, at) => at),
    aheadAt: null,
    recentAt: null,
    deletedAt: null,
    width: selected.length,
  };
}
