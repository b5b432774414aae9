/** What a source can see of the transactions that are open: it decides what a look-back can promise. */
export interface Sight {
  /** What lets a user see them: `pg_read_all_stats`, `PROCESS`; null where none is needed. */
  readonly privilege: string | null;
  readonly missing: boolean;
  /** The one thing that would let it see all of them, a sentence without its full stop; null: it sees them. */
  readonly raise: string | null;
  /** Milliseconds that the longest transaction is taken to last where it is not seen, unless the job's `lookback:` says otherwise. */
  readonly assumedMs: number;
  /** Those that it does not see are known by the rows that they have written, which can be read before they are committed. */
  readonly uncommitted?: boolean;
}

/** How far behind the mark a poll reads again. */
export interface Lookback {
  readonly ms: number;
  /** What sets it: `oldest open transaction`, `lookback 60s`. */
  readonly by: string;
}

/** What a job promises and how, as `validate`, `plan`, `status` and its first log line say it. Texts are without their full stops. */
export interface Guarantee {
  /** What holds. */
  readonly guarantee: string;
  /** By which method. */
  readonly method: string;
  /** The privilege that the method rests on; null: none but SELECT. */
  readonly privilege: { readonly needed: string; readonly missing: boolean } | null;
  /** null: the mode reads nothing again. */
  readonly lookback: Lookback | null;
  /** What a poll reads besides what is new. */
  readonly cost: string;
  /** The one thing that would raise the guarantee; null: nothing would. */
  readonly raise: string | null;
  /** What no poll of this job can see. */
  readonly blind: readonly string[];
}
