import type { Column, ColumnType, Relation } from '../model/column.ts';
import type { Micros, Watermark } from '../model/watermark.ts';
import type { Bind, Flavour } from './flavour.ts';
import { bareQuery, splitPlaceholders } from './placeholders.ts';
import type { ReadRequest, Window } from './request.ts';

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
  /** Fields of a result row. */
  readonly width: number;
}

/** One ordering column: a single column, or the COALESCE of the cursor's list. */
interface OrderTerm {
  readonly name: string;
  readonly expression: string;
  /** The type that marks of this term are cast to. */
  readonly column: Column;
}

/**
 * Writes a SELECT while it collects binds in the order in which their places appear in the text;
 * so the parts must be asked for in text order.
 */
class Writer {
  readonly binds: Bind[] = [];
  readonly #flavour: Flavour;

  constructor(flavour: Flavour) {
    this.#flavour = flavour;
  }

  bind(bind: Bind): string {
    this.binds.push(bind);
    return this.#flavour.bind(bind, this.binds.length);
  }

  mark(text: string, column: Column): string {
    return this.bind({ kind: 'mark', text, column });
  }

  instant(micros: Micros, column: Column, like: string | null): string {
    return this.bind({ kind: 'instant', micros, column, like });
  }
}

const alias = 'q';

const columnOf = (flavour: Flavour, column: Column): string => `${alias}.${flavour.quote(column.name)}`;

export function cursorExpression(flavour: Flavour, cursor: readonly Column[]): string {
  const parts = cursor.map((column) => columnOf(flavour, column));
  return parts.length === 1 ? (parts[0] as string) : `COALESCE(${parts.join(', ')})`;
}

/** The reading order: cursor then key; a key column that is the cursor itself is not repeated. */
function orderTerms(flavour: Flavour, request: ReadRequest): readonly OrderTerm[] {
  const [first] = request.cursor;
  const key = request.key.map((column) => ({ name: column.name, expression: columnOf(flavour, column), column }));
  if (first === undefined || request.window.kind === 'nulls' || request.window.kind === 'keys') return key;
  const name = request.cursor.length === 1 ? first.name : `COALESCE(${request.cursor.map((column) => column.name).join(', ')})`;
  const cursor = { name, expression: cursorExpression(flavour, request.cursor), column: cursorColumn(first, request.cursor) };
  return [cursor, ...key.filter(({ expression }) => expression !== cursor.expression)];
}

/** Of kinds that a database turns into one another, the later holds every value of the earlier. */
const widening: readonly (readonly ColumnType['kind'][])[] = [
  ['date', 'timestamp', 'timestamptz'],
  ['integer', 'decimal', 'float'],
];

/** The column whose type COALESCE takes: a mark cast to a narrower one would lose its time of day or its fraction. */
function cursorColumn(first: Column, cursor: readonly Column[]): Column {
  const order = widening.find((kinds) => kinds.includes(first.type.kind)) ?? [];
  const width = (column: Column): number => order.indexOf(column.type.kind);
  return cursor.reduce((widest, column) => (width(column) > width(widest) ? column : widest), first);
}

/** `(a, b) > (x, y)` in the reading order. */
function afterPosition(writer: Writer, flavour: Flavour, terms: readonly OrderTerm[], position: Watermark): string {
  return comparison(writer, flavour, terms, position, '>');
}

function comparison(writer: Writer, flavour: Flavour, terms: readonly OrderTerm[], position: Watermark, operator: '>' | '<='): string {
  const texts = terms.map((_, at) => position[at] as string);
  if (flavour.rowComparison && terms.length > 1) {
    const left = terms.map(({ expression }) => expression).join(', ');
    const right = terms.map(({ column }, at) => writer.mark(texts[at] as string, column)).join(', ');
    return `(${left}) ${operator} (${right})`;
  }
  const [head] = terms as readonly [OrderTerm, ...OrderTerm[]];
  if (terms.length === 1) return `${head.expression} ${operator} ${writer.mark(texts[0] as string, head.column)}`;
  const [strict, loose] = operator === '>' ? ['>', '>='] : ['<', '<='];
  // The first bound is redundant: it gives the optimiser a plain range on the leading column.
  const range = `${head.expression} ${loose} ${writer.mark(texts[0] as string, head.column)}`;
  const nested = (at: number): string => {
    const term = terms[at] as OrderTerm;
    const compare = (sign: string): string => `${term.expression} ${sign} ${writer.mark(texts[at] as string, term.column)}`;
    if (at === terms.length - 1) return compare(operator);
    return `(${compare(strict as string)} OR (${compare('=')} AND ${nested(at + 1)}))`;
  };
  return `${range} AND ${nested(0)}`;
}

/** The lower bound of the window's cursor as SQL, null when it has none. */
function lowerBound(writer: Writer, flavour: Flavour, column: Column, window: Window): string | null {
  switch (window.kind) {
    case 'range':
      return window.from === null ? null : writer.mark(window.from, column);
    case 'after': {
      const text = window.mark[0] as string;
      const mark = writer.mark(text, column);
      return window.floor === null ? mark : flavour.least(mark, writer.instant(window.floor, column, text));
    }
    case 'gaps':
    case 'all':
    case 'nulls':
    case 'keys':
      return null;
  }
}

function windowCondition(writer: Writer, flavour: Flavour, terms: readonly OrderTerm[], request: ReadRequest): readonly string[] {
  const { window } = request;
  const [head] = terms;
  switch (window.kind) {
    case 'keys':
      return [];
    case 'all':
      return request.cursor.length === 0 ? [] : [`${cursorExpression(flavour, request.cursor)} IS NOT NULL`];
    case 'nulls':
      return [`${cursorExpression(flavour, request.cursor)} IS NULL`];
    case 'range': {
      const { expression, column } = head as OrderTerm;
      const conditions = request.cursor.length === 0 ? [] : [`${expression} IS NOT NULL`];
      if (window.from !== null) conditions.push(`${expression} >= ${writer.mark(window.from, column)}`);
      if (window.to !== null) conditions.push(`${expression} < ${writer.mark(window.to, column)}`);
      return conditions;
    }
    case 'after': {
      const { expression, column } = head as OrderTerm;
      const text = window.mark[0] as string;
      if (window.floor === null && !window.tied) return [afterPosition(writer, flavour, terms, window.mark)];
      const range = `${expression} >= ${lowerBound(writer, flavour, column, window)}`;
      // The range alone begins at the earlier of mark and floor, so it holds the mark's ties and the look-back.
      if (window.tied || window.floor === null) return [range];
      const past = afterPosition(writer, flavour, terms, window.mark);
      return [range, `((${past}) OR ${expression} >= ${writer.instant(window.floor, column, text)})`];
    }
    case 'gaps': {
      const { expression, column } = head as OrderTerm;
      // Redundant, and the range that an index is read from: SQLite would read all of it for the sake of the OR's order.
      const lowest = window.gaps[0]?.from ?? null;
      const bound = lowest === null ? [] : [`${expression} >= ${writer.mark(lowest, column)}`];
      const ranges = window.gaps.map(({ from, to }) => {
        if (from === null) return `${expression} <= ${writer.mark(to, column)}`;
        return `${expression} BETWEEN ${writer.mark(from, column)} AND ${writer.mark(to, column)}`;
      });
      return [...bound, `(${[...ranges, afterPosition(writer, flavour, terms, window.mark)].join(' OR ')})`];
    }
  }
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
    return to === null ? flavour.highest(cursor) : writer.mark(to, cursor);
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

  const order = terms.length === 0 ? '' : ` ORDER BY ${terms.map(({ expression }) => expression).join(', ')}`;
  const limit = request.limit === null ? '' : ` LIMIT ${request.limit}`;
  const sql = `SELECT ${selected.join(', ')} ${fromAndWhere(writer, flavour, terms, request)}${order}${limit}`;
  const orderedBy = terms.map(({ name }) => name);
  return { sql, binds: writer.binds, orderedBy, positionAt, aheadAt, recentAt, width: selected.length };
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
    width: selected.length,
  };
}
