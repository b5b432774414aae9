import { LiberateError } from '../kit/errors.ts';
import type { RowBatch } from '../model/row.ts';
import type { Watermark } from '../model/watermark.ts';
import type { Window } from '../query/request.ts';
import { parseSnapshot } from '../query/snapshot.ts';
import { noProgress, type Progress, type Tracker } from './tracker.ts';

/**
 * Mode transaction: each row carries the number of the transaction that wrote it, so the rows that are visible in one snapshot
 * and were not in the one before are exactly those that were committed in between, each once. Within that they come in
 * the order of the key: of two rows that were written one after the other, the later has the higher id.
 *
 * The mark is the snapshot up to which everything is published; in the middle of a read [the one before, this one, the position].
 */
export class TransactionTracker implements Tracker {
  readonly window: Window & { readonly kind: 'snapshot' };
  readonly after: Watermark | null;
  readonly recentFrom = null;
  readonly below = null;

  /** `now`: a snapshot taken before anything is read. LIB501 when the server's numbers have gone back. */
  constructor({ mark }: Pick<Progress, 'mark'>, now: string, first: string | null) {
    const [since = first, upTo, ...position] = mark ?? [];
    this.after = upTo === undefined ? null : position;
    this.window = { kind: 'snapshot', since: since === '' ? null : since, upTo: upTo ?? now };
    refuseEarlier(now, this.window.upTo);
    if (this.window.since !== null) refuseEarlier(this.window.upTo, this.window.since);
  }

  meet(): boolean {
    return true;
  }

  markBefore(rows: RowBatch, at: number): Watermark | null {
    return at > 0 ? rows.position(at - 1) : null;
  }

  met(rows: RowBatch): Watermark | null {
    return rows.count === 0 ? null : rows.position(rows.count - 1);
  }

  at(position: Watermark): Progress {
    return { ...noProgress, mark: [this.window.since ?? '', this.window.upTo, ...position] };
  }

  end(): Progress {
    return { ...noProgress, mark: [this.window.upTo] };
  }
}

/** Numbers only grow, as long as the server is the same one. */
function refuseEarlier(later: string, earlier: string): void {
  const [now, before] = [parseSnapshot(later), parseSnapshot(earlier)];
  if (now === null || before === null) throw new LiberateError('LIB501', `the saved mark ${earlier} is no snapshot of transactions`);
  if (BigInt(now.end) >= BigInt(before.ended)) return;
  throw new LiberateError('LIB501', `the server's transactions are numbered up to ${now.end}, and the saved mark is of ${before.ended}`, {
    cure: 'It was restored or replaced: `liberate state reset FILE --job J` loads the table afresh.',
  });
}
