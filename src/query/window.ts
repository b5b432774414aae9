import { LiberateError } from '../kit/errors.ts';
import type { Column } from '../model/column.ts';
import type { Flavour } from './flavour.ts';
import { afterPosition, alias, cursorExpression, type OrderTerm, type Writer } from './order.ts';
import type { ReadRequest, Window } from './request.ts';
import { parseSnapshot, type Snapshot } from './snapshot.ts';

/** The lower bound of the window's cursor as SQL, null when it has none. */
export function lowerBound(writer: Writer, flavour: Flavour, column: Column, window: Window): string | null {
  switch (window.kind) {
    case 'range':
      return window.from === null ? null : writer.mark(window.from, column);
    case 'after': {
      const text = window.mark[0] as string;
      const mark = writer.mark(text, column);
      return window.floor === null ? mark : flavour.least(mark, writer.instant(window.floor, column, text));
    }
    case 'snapshot':
      return window.since === null ? null : writer.mark(snapshotOf(window.since).ended, column);
    case 'gaps':
    case 'ids':
    case 'all':
    case 'nulls':
    case 'keys':
      return null;
  }
}

export function windowCondition(writer: Writer, flavour: Flavour, terms: readonly OrderTerm[], request: ReadRequest): readonly string[] {
  const { window } = request;
  const [head] = terms;
  switch (window.kind) {
    case 'keys':
      return [];
    case 'all':
      return request.cursor.length === 0 ? [] : [`${cursorExpression(flavour, request.cursor)} IS NOT NULL`];
    case 'nulls':
      return [`${cursorExpression(flavour, request.cursor)} IS NULL`];
    case 'snapshot':
      return visibleSince(writer, flavour, request, window);
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
      const unmet = freshness(writer, flavour, terms, window);
      if (unmet !== null) return [range, unmet];
      if (window.tied || window.floor === null) return [range];
      const past = afterPosition(writer, flavour, terms, window.mark);
      return [range, `((${past}) OR ${expression} >= ${writer.instant(window.floor, column, text)})`];
    }
    case 'gaps': {
      const { expression, column } = head as OrderTerm;
      // Redundant, and the range that an index is read from: SQLite would read all of it for the sake of the OR's order.
      const lowest = window.gaps[0]?.from ?? null;
      const bound = lowest === null ? [] : [`${expression} >= ${writer.mark(lowest, column)}`];
      const ranges = inGaps(writer, head as OrderTerm, window.gaps);
      return [...bound, `(${[...ranges, afterPosition(writer, flavour, terms, window.mark)].join(' OR ')})`];
    }
    case 'ids':
      return [`(${inGaps(writer, head as OrderTerm, window.gaps).join(' OR ')})`];
  }
}

function inGaps(writer: Writer, { expression, column }: OrderTerm, gaps: (Window & { readonly kind: 'ids' })['gaps']): readonly string[] {
  return gaps.map(({ from, to }) => {
    if (from === null) return `${expression} <= ${writer.mark(to, column)}`;
    return `${expression} BETWEEN ${writer.mark(from, column)} AND ${writer.mark(to, column)}`;
  });
}

export const snapshotOf = (text: string): Snapshot => {
  const snapshot = parseSnapshot(text);
  if (snapshot === null) throw new LiberateError('LIB901', `${text} is no snapshot of transactions`);
  return snapshot;
};

/** Two ranges of an index on the cursor: what was not begun at the older snapshot, and what was running at it. */
function visibleSince(
  writer: Writer,
  flavour: Flavour,
  { cursor }: ReadRequest,
  { since, upTo }: Window & { readonly kind: 'snapshot' },
): readonly string[] {
  const [column] = cursor;
  if (column === undefined) throw new LiberateError('LIB901', 'a snapshot without a cursor');
  const number = cursorExpression(flavour, cursor);
  const list = (numbers: readonly string[]): string =>
    writer.mark(`{${numbers.join(',')}}`, { ...column, type: { kind: 'array', element: column.type }, native: `${column.native}[]` });
  const conditions: string[] = [];
  if (since !== null) {
    const { end, running } = snapshotOf(since);
    const begun = `${number} >= ${writer.mark(end, column)}`;
    conditions.push(running.length === 0 ? begun : `(${begun} OR ${number} = ANY (${list(running)}))`);
  }
  const { end, running } = snapshotOf(upTo);
  conditions.push(`${number} < ${writer.mark(end, column)}`);
  if (running.length > 0) conditions.push(`${number} <> ALL (${list(running)})`);
  return conditions;
}

/** A mark's stamp that is remembered whole is met whole, so that it stays so. */
function freshness(
  writer: Writer,
  flavour: Flavour,
  terms: readonly OrderTerm[],
  { fresh = null, mark, tied }: Window & { readonly kind: 'after' },
): string | null {
  const [head] = terms;
  if (fresh === null || flavour.fresh === undefined || head === undefined) return null;
  const reached = tied
    ? `${head.expression} >= ${writer.mark(mark[0] as string, head.column)}`
    : `(${afterPosition(writer, flavour, terms, mark)})`;
  const bind = (text: string, native: string): string =>
    writer.mark(text, { name: 'xmin', type: { kind: 'integer' }, native, nullable: false });
  return `(${reached} OR ${flavour.fresh(alias, fresh, bind)})`;
}

export function belowFence(writer: Writer, [head]: readonly OrderTerm[], { below = null, window, sample }: ReadRequest): readonly string[] {
  if (below === null || head === undefined || window.kind === 'nulls' || window.kind === 'keys') return [];
  const fence = `${head.expression} < ${writer.instant(below, head.column, sample)}`;
  if (window.kind !== 'after' || window.floor === null) return [fence];
  return [`(${fence} OR ${head.expression} <= ${writer.mark(window.mark[0] as string, head.column)})`];
}
