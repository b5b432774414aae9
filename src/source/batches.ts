import { LiberateError } from '../kit/errors.ts';
import type { Row, RowBatch } from '../model/row.ts';
import type { Value } from '../model/value.ts';
import type { Watermark } from '../model/watermark.ts';
import type { PlannedRead } from '../query/plan.ts';
import type { ReadRequest } from '../query/request.ts';

/** A field as the driver gives it, NULL aside. */
export type Raw = NonNullable<Value>;

/** How one database's fields become values and marks. Neither function is called for NULL. */
export interface Decoders<R extends Raw> {
  /** By requested column; null: the field is canonical as the driver gives it. */
  readonly values: readonly (((field: R) => Value) | null)[];
  /** An ordering column's field → mark text; null: the field is that text. */
  readonly mark: ((field: R) => string) | null;
}

/**
 * The request with one row more than its limit: the row past the end is never delivered, it only
 * tells whether the page was cut between two rows of one key, which the next page would skip.
 */
export function onePast(request: ReadRequest): ReadRequest {
  return request.limit === null ? request : { ...request, limit: request.limit + 1 };
}

/**
 * Turns the raw rows of one page, read with `onePast(request)`, into batches. Two neighbours in one
 * position are refused (LIB212), and so is a NULL in the key (LIB211), which no mark can express.
 */
export class Page<R extends Raw> {
  readonly #request: ReadRequest;
  readonly #plan: PlannedRead;
  readonly #decoders: Decoders<R>;
  readonly #keyed: boolean;
  #delivered = 0;
  #last: Watermark | null = null;
  /** The last position before `#last`: where it is safe to stand while `#last` may have more rows. */
  #before: Watermark | null = null;
  #safe: Watermark | null = null;
  #done = false;

  constructor(request: ReadRequest, plan: PlannedRead, decoders: Decoders<R>) {
    this.#request = request;
    this.#plan = plan;
    this.#decoders = decoders;
    this.#keyed = request.key.length > 0;
  }

  /** The server has no more rows, or the one past the limit has been seen. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * The next batch; null when there is nothing to tell. Takes the raw rows over and changes them.
   * `end`: the server has no rows after these.
   */
  batch(raws: readonly (R | null)[][], end: boolean): RowBatch | null {
    if (this.#done) return null;
    this.#done = end;
    const limit = this.#request.limit ?? Number.POSITIVE_INFINITY;
    const rows: Row[] = [];
    let whole = end;
    for (const raw of raws) {
      const position = this.#position(raw);
      const tied = this.#last !== null && samePosition(position, this.#last);
      if (tied && this.#keyed) throw this.#notUnique(position);
      if (this.#delivered === limit) {
        whole = !tied;
        this.#done = true;
        break;
      }
      if (!tied) {
        this.#before = this.#last;
        this.#last = position;
      }
      rows.push(this.#row(raw, position));
      this.#delivered += 1;
    }
    const safe = this.#safeNow(whole);
    if (rows.length === 0 && safe === this.#safe) return null;
    this.#safe = safe;
    return { rows, safe };
  }

  /** A unique key has no ties; without one, rows of the last position may still come. */
  #safeNow(whole: boolean): Watermark | null {
    if (this.#plan.positionAt.length === 0) return null;
    return this.#keyed || whole ? this.#last : this.#before;
  }

  #position(raw: readonly (R | null)[]): Watermark {
    const { positionAt, orderedBy } = this.#plan;
    const { mark } = this.#decoders;
    const position: string[] = [];
    for (let at = 0; at < positionAt.length; at += 1) {
      const field = raw[positionAt[at] as number] as R | null;
      if (field === null) throw nullInKey(orderedBy, at, position);
      position.push(mark === null ? (field as string) : mark(field));
    }
    return position;
  }

  #row(raw: (R | null)[], position: Watermark): Row {
    const { aheadAt, recentAt } = this.#plan;
    const ahead = aheadAt === null || isOne(raw[aheadAt]);
    const recent = recentAt !== null && isOne(raw[recentAt]);
    const { values } = this.#decoders;
    // In place: an array a row is the dearest thing here.
    const decoded: Value[] = raw;
    for (let at = 0; at < values.length; at += 1) {
      const decode = values[at] as ((field: R) => Value) | null;
      if (decode !== null && raw[at] !== null) decoded[at] = decode(raw[at] as R);
    }
    decoded.length = values.length;
    return { values: decoded, position, ahead, recent };
  }

  #notUnique(position: Watermark): LiberateError {
    const { orderedBy } = this.#plan;
    const key = this.#request.key.map(({ name }) => name);
    const values = key.map((name) => position[orderedBy.indexOf(name)] ?? '?');
    return new LiberateError('LIB212', `more than one row has (${key.join(', ')}) = (${values.join(', ')})`);
  }
}

function samePosition(a: Watermark, b: Watermark): boolean {
  // From the end: neighbours differ in the key far more often than in the stamp.
  for (let at = a.length - 1; at >= 0; at -= 1) if (a[at] !== b[at]) return false;
  return true;
}

const isOne = (flag: unknown): boolean => flag === '1' || flag === 1 || flag === 1n;

function nullInKey(orderedBy: readonly string[], at: number, position: Watermark): LiberateError {
  const name = orderedBy[at] ?? '?';
  const beside = position.map((text, index) => `${orderedBy[index]} = ${text}`).join(', ');
  return new LiberateError('LIB211', `the key column "${name}" holds NULL${beside === '' ? '' : ` in a row with ${beside}`}`, {
    place: { column: name },
    cure: 'A key must identify each row: give columns that are never NULL as `key:`.',
  });
}
