import type { Column, ColumnType } from '../model/column.ts';
import type { Micros, Watermark } from '../model/watermark.ts';
import type { Bind, Flavour } from './flavour.ts';
import type { ReadRequest } from './request.ts';

/** One ordering column: a single column, or the COALESCE of the cursor's list. */
export interface OrderTerm {
  readonly name: string;
  readonly expression: string;
  /** The type that marks of this term are cast to. */
  readonly column: Column;
}

/**
 * Writes a SELECT while it collects binds in the order in which their places appear in the text;
 * so the parts must be asked for in text order.
 */
export class Writer {
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

export const alias = 'q';

export const columnOf = (flavour: Flavour, column: Column): string => `${alias}.${flavour.quote(column.name)}`;

export function cursorExpression(flavour: Flavour, cursor: readonly Column[]): string {
  const parts = cursor.map((column) => columnOf(flavour, column));
  return parts.length === 1 ? (parts[0] as string) : `COALESCE(${parts.join(', ')})`;
}

/** The reading order: cursor then key; a key column that is the cursor itself is not repeated. */
export function orderTerms(flavour: Flavour, request: ReadRequest): readonly OrderTerm[] {
  const [first] = request.cursor;
  const key = request.key.map((column) => ({ name: column.name, expression: columnOf(flavour, column), column }));
  if (first === undefined || request.window.kind === 'nulls' || request.window.kind === 'snapshot' || request.window.kind === 'keys')
    return key;
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
export function cursorColumn(first: Column, cursor: readonly Column[]): Column {
  const order = widening.find((kinds) => kinds.includes(first.type.kind)) ?? [];
  const width = (column: Column): number => order.indexOf(column.type.kind);
  return cursor.reduce((widest, column) => (width(column) > width(widest) ? column : widest), first);
}

/** `(a, b) > (x, y)` in the reading order. */
export function afterPosition(writer: Writer, flavour: Flavour, terms: readonly OrderTerm[], position: Watermark): string {
  return comparison(writer, flavour, terms, position, '>');
}

export function comparison(
  writer: Writer,
  flavour: Flavour,
  terms: readonly OrderTerm[],
  position: Watermark,
  operator: '>' | '<=',
): string {
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
