import type { Ended, Horizon } from '../model/watermark.ts';
import type { Fresh } from '../query/request.ts';

/** What a job knows, in this process alone, of the poll before. */
export interface Seen {
  /** null: the source does not tell who wrote a row, so each poll meets the whole look-back. */
  readonly ended: Ended | null;
  /** Of the rows that it need not meet again: key → a server time that is no earlier than the row's stamp. */
  readonly until: ReadonlyMap<string, bigint>;
}

/** Numbers that may be given out between two looks: half of what 32 bits can tell apart, less what comes while a read lasts. */
const mostBetween = 1n << 30n;

/**
 * Pure: which rows behind the mark the next poll must meet. Those of a transaction that had ended when the poll before looked
 * were visible to its reads. null: all, since nothing is known of this server, or too much has happened on it.
 */
export function freshSince(seen: Seen | null, { ended }: Pick<Horizon, 'ended'>, table: string | null): Fresh | null {
  if (seen?.ended == null || ended === undefined || table === null) return null;
  const { server, below } = seen.ended;
  if (server !== ended.server || ended.below < below || ended.below - below > mostBetween) return null;
  return { table, below };
}
