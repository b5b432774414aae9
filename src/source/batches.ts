import { LiberateError } from '../kit/errors.ts';
import type { RowBatch } from '../model/row.ts';
import { shownMark, type Watermark } from '../model/watermark.ts';
import type { PlannedRead } from '../query/plan.ts';
import type { ReadRequest } from '../query/request.ts';

/** Rows as a driver gives them, flags and hidden ordering columns included. */
export interface RawRows {
  readonly count: number;
  isNull(row: number, field: number): boolean;
  /** Mark text of an ordering field that is not NULL. */
  mark(row: number, field: number): string;
  /** Do two rows agree in a field that is not NULL? */
  same(row: number, other: number, field: number): boolean;
  /** The first rows as a batch. */
  batch(rows: number, layout: Layout, safe: Watermark | null, confirm: RowBatch['confirm']): RowBatch;
}

/** Where in a raw row the plan has put what. */
export type Layout = Pick<PlannedRead, 'positionAt' | 'aheadAt' | 'recentAt' | 'deletedAt'>;

/**
 * The request with one row more than its limit: the row past the end is never delivered, it only
 * tells whether the page was cut between two rows of one key, which the next page would skip.
 */
export function onePast(request: ReadRequest): ReadRequest {
  return request.limit === null ? request : { ...request, limit: request.limit + 1 };
}

/** Mark texts of a row's position; the caller knows that none is NULL. */
export function positionOf(raws: Pick<RawRows, 'mark'>, row: number, { positionAt }: Pick<Layout, 'positionAt'>): Watermark {
  return positionAt.map((field) => raws.mark(row, field));
}

/**
 * Turns the raw rows of one page, read with `onePast(request)`, into batches. Two neighbours in one
 * position are refused (LIB212), and so is a NULL in the key (LIB211), which no mark can express.
 */
export class Page {
  readonly #request: ReadRequest;
  readonly #orderedBy: PlannedRead['orderedBy'];
  readonly #layout: Layout;
  readonly #limit: number;
  readonly #keyed: boolean;
  readonly #confirm: RowBatch['confirm'];
  #delivered = 0;
  #last: Watermark | null = null;
  /** The last position before `#last`: where it is safe to stand while `#last` may have more rows. */
  #before: Watermark | null = null;
  #safe: Watermark | null = null;
  #done = false;

  /** `confirm`: of its batches. */
  constructor(request: ReadRequest, plan: PlannedRead, confirm?: RowBatch['confirm']) {
    this.#request = request;
    this.#orderedBy = plan.orderedBy;
    // Of one shape: what a spread made has a hidden class of its own each time, and V8 would compile the loop over the rows anew for each page.
    const { positionAt, aheadAt, recentAt, deletedAt } = plan;
    this.#layout = { positionAt, aheadAt, recentAt, deletedAt };
    this.#limit = request.limit ?? Number.POSITIVE_INFINITY;
    this.#keyed = request.key.length > 0;
    this.#confirm = confirm;
  }

  /** The server has no more rows, or the one past the limit has been seen. */
  get done(): boolean {
    return this.#done;
  }

  /** The next batch; null when there is nothing to tell. `end`: the server has no rows after these. */
  batch(raws: RawRows, end: boolean): RowBatch | null {
    if (this.#done) return null;
    const taken = Math.min(raws.count, this.#limit - this.#delivered);
    const cut = taken < raws.count;
    this.#done = end || cut;
    for (let row = 0; row < raws.count && row <= taken; row += 1) this.#check(raws, row);
    const whole = cut ? !this.#joins(raws, taken) : end;
    if (taken > 0) this.#move(raws, taken - 1);
    this.#delivered += taken;
    const safe = this.#safeNow(whole);
    if (taken === 0 && safe === this.#safe) return null;
    this.#safe = safe;
    return raws.batch(taken, this.#layout, safe, this.#confirm);
  }

  /** A row has an own place in the reading order. */
  #check(raws: RawRows, row: number): void {
    const { positionAt } = this.#layout;
    for (let at = 0; at < positionAt.length; at += 1) {
      if (raws.isNull(row, positionAt[at] as number))
        throw this.#nullInKey(at, positionOf(raws, row, { positionAt: positionAt.slice(0, at) }));
    }
    if (this.#keyed && this.#joins(raws, row)) throw this.#notUnique(positionOf(raws, row, this.#layout));
  }

  /** Does a row stand where the row before it stands? */
  #joins(raws: RawRows, row: number): boolean {
    const { positionAt } = this.#layout;
    if (row === 0) {
      const last = this.#last;
      return last !== null && positionAt.every((field, at) => raws.mark(0, field) === last[at]);
    }
    // From the end: neighbours differ in the key far more often than in the stamp.
    for (let at = positionAt.length - 1; at >= 0; at -= 1) {
      if (!raws.same(row, row - 1, positionAt[at] as number)) return false;
    }
    return true;
  }

  #move(raws: RawRows, row: number): void {
    let first = row;
    if (!this.#keyed) while (first > 0 && this.#joins(raws, first)) first -= 1;
    if (first > 0) this.#before = positionOf(raws, first - 1, this.#layout);
    else if (!this.#joins(raws, 0)) this.#before = this.#last;
    this.#last = positionOf(raws, row, this.#layout);
  }

  /** A unique key has no ties; without one, rows of the last position may still come. */
  #safeNow(whole: boolean): Watermark | null {
    if (this.#layout.positionAt.length === 0) return null;
    return this.#keyed || whole ? this.#last : this.#before;
  }

  #notUnique(position: Watermark): LiberateError {
    const orderedBy = this.#orderedBy;
    const key = this.#request.key.map(({ name }) => name);
    const shown = this.#shown(position);
    const values = key.map((name) => shown[orderedBy.indexOf(name)] ?? '?');
    return new LiberateError('LIB212', `more than one row has (${key.join(', ')}) = (${values.join(', ')})`);
  }

  /** `before`: the position up to the column that holds NULL. */
  #nullInKey(at: number, before: Watermark): LiberateError {
    const orderedBy = this.#orderedBy;
    const beside = this.#shown(before)
      .map((text, index) => `${orderedBy[index]} = ${text}`)
      .join(', ');
    const name = orderedBy[at] ?? '?';
    return new LiberateError('LIB211', `the key column "${name}" holds NULL${beside === '' ? '' : ` in a row with ${beside}`}`, {
      place: { column: name },
      cure: 'A key must identify each row: give columns that are never NULL as `key:`.',
    });
  }

  #shown(position: Watermark): readonly string[] {
    const { cursor, key } = this.#request;
    return shownMark(
      position,
      this.#orderedBy.map((name) => [...cursor, ...key].find((column) => column.name === name)),
    );
  }
}
