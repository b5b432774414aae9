import { RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';
import type { Horizon, Watermark } from '../model/watermark.ts';
import type { Fresh, Window } from '../query/request.ts';
import { digestOf, nameOf } from './digest.ts';
import type { Seen } from './ended.ts';
import type { Encode, Progress, Tracker } from './tracker.ts';

/** A tie group up to this size is remembered whole, so that a row which joins it later is told from the others. */
const mostTied = 500;

interface StampOptions {
  /** Meets only these of the rows behind the mark; null: all of the look-back. */
  readonly fresh?: Fresh | null;
  /** What was published is remembered of rows that are not met, too; null: only of those that are. */
  readonly until?: Seen['until'] | null;
  /** Keys whose rows were published beside the polls: they may be ahead of the mark, and in the stream. */
  readonly told?: ReadonlySet<string>;
  readonly settles?: boolean;
}

const nobody: ReadonlySet<string> = new Set();

/** What is kept of rows while they are met. */
interface Kept {
  /** The rows that the next look-back meets: key → digest, and the row's number among them. */
  readonly recent: Map<string, { readonly digest: string; readonly number: number }>;
  /** What was published and need not be met again: key → digest. */
  readonly carried: Map<string, string>;
  /** Of those, a time no earlier than the row's stamp. */
  readonly until: Map<string, bigint>;
  /** Numbers of the recent rows by the marks at which a commit in the middle of the read can stand. */
  readonly numbers: Map<Watermark, number>;
  /** The rows that share the newest stamp met, key → digest; null once they are too many to remember. */
  tie: Map<string, string> | null;
}

/**
 * Timestamp modes. A row can commit with a stamp behind the mark: each poll therefore reads again from
 * the floor of the previous horizon, where the oldest transaction it could not see may have stamped, and
 * drops what was published already (same key, same bytes).
 */
export class StampTracker implements Tracker {
  readonly window: Window;
  readonly recentFrom: bigint;
  readonly below: bigint | null;
  readonly #before: Progress;
  readonly #encode: Encode;
  readonly #told: ReadonlySet<string>;
  /** null: rows that are not met are not remembered. */
  readonly #remembered: Seen['until'] | null;
  readonly #now: bigint;
  #kept: Kept | null = null;
  #met = 0;
  /** The same, before the last row was met. */
  #metBefore = 0;
  #stamp: string | null;
  #mark: Watermark | null;
  /** The mark was taken of a row of this read that lies below the floor. */
  #moved = false;

  /**
   * `first`: the window of a job without a mark. `settles`: the job goes over to strict order: nothing past the mark is
   * read that is not final, so as soon as the mark moves, everything up to it is.
   */
  constructor(before: Progress, horizon: Horizon, first: Window, encode: Encode, options: StampOptions = {}) {
    const { fresh = null, until = null, told = nobody, settles = false } = options;
    this.#told = told;
    this.#before = before;
    this.#encode = encode;
    this.#mark = before.mark;
    this.#stamp = before.mark?.[0] ?? null;
    this.recentFrom = floorOf(before, horizon);
    this.below = settles ? this.recentFrom : null;
    this.#remembered = until;
    this.#now = horizon.now;
    const floor = before.since === null ? horizon.floor : BigInt(before.since);
    this.window =
      before.mark === null ? first : { kind: 'after', mark: before.mark, floor, tied: before.tied, ...(fresh === null ? {} : { fresh }) };
  }

  /** Most polls meet no row, and make none of it. */
  get #rows(): Kept {
    this.#kept ??= this.#carry({ recent: new Map(), carried: new Map(), until: new Map(), numbers: new Map(), tie: new Map() });
    return this.#kept;
  }

  meet(rows: RowBatch, at: number, event: RecordBatch): boolean {
    const { carried, recent: met } = this.#rows;
    const ahead = rows.ahead(at);
    const recent = rows.recent(at);
    this.#metBefore = this.#met;
    if (!recent && ahead && carried.size === 0) return true;
    const name = nameOf(event.key(event.count - 1));
    // What the stream has of this key is now what leaves here, or did.
    carried.delete(name);
    if (!recent && ahead) return true;
    const now = digestOf(event);
    if (recent) {
      this.#met += 1;
      met.set(name, { digest: now, number: this.#met });
    }
    return (ahead && !this.#told.has(name)) || this.#before.sent[name] !== now;
  }

  markBefore(rows: RowBatch, at: number): Watermark | null {
    if (at === 0 || !rows.ahead(at - 1)) return null;
    const mark = rows.position(at - 1);
    this.#rows.numbers.set(mark, this.#metBefore);
    return mark;
  }

  met(rows: RowBatch): Watermark | null {
    const last = rows.count - 1;
    if (last < 0) return null;
    this.#tieUp(rows, last);
    // What is ahead comes after what lies behind the mark.
    if (!rows.ahead(last)) return null;
    const mark = rows.position(last);
    this.#mark = mark;
    // Rows of the old mark's own stamp may be ahead and yet not final.
    if (!rows.recent(last)) this.#moved = true;
    this.#rows.numbers.set(mark, this.#met);
    return mark;
  }

  /** Rows that are not met again are remembered until the look-back has passed their stamps, which are no later than this look. */
  #carry(kept: Kept): Kept {
    const until = this.#remembered;
    if (until === null) return kept;
    for (const [name, value] of Object.entries(this.#before.sent)) {
      const latest = until.get(name) ?? this.#now;
      if (latest < this.recentFrom) continue;
      kept.carried.set(name, value);
      kept.until.set(name, latest);
    }
    return kept;
  }

  /** For the next poll: of the rows that it may not meet, a time no earlier than the stamp. */
  get until(): ReadonlyMap<string, bigint> {
    const { carried, until } = this.#rows;
    return new Map([...until].filter(([name]) => carried.has(name)));
  }

  /** Remembers the rows at the batch's end that share their stamp. */
  #tieUp(rows: RowBatch, last: number): void {
    if (this.below !== null) return;
    const stamp = rows.lead(last);
    const kept = this.#rows;
    let first = last;
    while (first > 0 && last - first < mostTied && rows.lead(first - 1) === stamp) first -= 1;
    if (first > 0 || stamp !== this.#stamp) kept.tie = new Map();
    this.#stamp = stamp;
    if (last - first >= mostTied) kept.tie = null;
    if (kept.tie === null) return;
    const event = new RecordBatch({}, 1024);
    for (let at = first; at <= last; at += 1) {
      event.clear();
      this.#encode(rows, at, event);
      kept.tie.set(nameOf(event.key(0)), digestOf(event));
    }
    if (kept.tie.size > mostTied) kept.tie = null;
  }

  at(mark: Watermark): Progress {
    // Rows past the mark may never have arrived. One of them can come to lie behind the mark with the same bytes,
    // when an older transaction writes it again: it must not be taken for published. A mark that is not
    // recent itself stands before all that are.
    return this.#progress(mark, this.#sentUpTo(this.#rows.numbers.get(mark) ?? 0), false);
  }

  end(): Progress {
    const mark = this.#mark;
    const tied = this.#knowsTie(mark);
    const sent = this.#sentUpTo(this.#met);
    if (tied && this.#stamp === mark?.[0]) for (const [name, value] of this.#rows.tie ?? []) sent.set(name, value);
    return this.#progress(mark, sent, tied);
  }

  #sentUpTo(last: number): Map<string, string> {
    const { carried, recent } = this.#rows;
    const sent = new Map(carried);
    for (const [name, { digest: value, number }] of recent) if (number <= last) sent.set(name, value);
    return sent;
  }

  #progress(mark: Watermark | null, sent: ReadonlyMap<string, string>, tied: boolean): Progress {
    const progress = { mark, since: String(this.recentFrom), sent: Object.fromEntries(sent), tied, gaps: [] };
    return this.below !== null && this.#moved ? { ...progress, settled: true } : progress;
  }

  /** Was every row of the mark's stamp met? The group of the old mark only if the old state knew it. */
  #knowsTie(mark: Watermark | null): boolean {
    if (mark === null || this.#rows.tie === null || this.below !== null) return false;
    const before = this.#before.mark;
    return before === null || before[0] !== mark[0] || this.#before.tied;
  }
}

/**
 * What an earlier look has proved stays proved: no transaction unseen then can stamp below its floor, nor one
 * that began later. A look that sees less (a session whose start is hidden has come) would reach back to rows of
 * which nobody remembers that they were published. Only a clock that was set back makes the old floor worthless.
 */
export function floorOf({ since }: Progress, { now, floor }: Horizon): bigint {
  const proved = since === null ? floor : BigInt(since);
  return proved > floor && proved <= now ? proved : floor;
}
