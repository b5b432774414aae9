import type { ReadRequest } from '../../query/request.ts';
import { findTable } from './describe.ts';
import { sqliteFlavour } from './flavour.ts';
import { firstRow, type Reading } from './read.ts';

/** Ids in a span of this many are counted, which takes some tens of milliseconds at most. */
const counted = 1_000_000n;

/** A row takes no less room in the file than this, in bytes. */
const leastRow = 4n;

/**
 * Rows of a whole table, from its lowest and highest rowid; null where there is no cheap answer.
 * SQLite keeps no count of its own, and counting reads every page with the event loop standing still.
 */
export function estimateRows(reading: Reading, request: ReadRequest): number | null {
  const { relation, window, where } = request;
  if (relation.kind !== 'table' || window.kind !== 'all' || where !== null || (request.until ?? null) !== null) return null;
  const table = findTable(reading.connection.database, relation.table);
  if (table === null || table.type !== 'table' || table.wr !== 0n) return null;
  const name = sqliteFlavour.table(relation.table);
  const one = (sql: string): unknown => firstRow(reading, { sql, binds: [] })?.[0];
  const [lowest, highest] = [one(`SELECT min(rowid) FROM ${name}`), one(`SELECT max(rowid) FROM ${name}`)];
  if (lowest === null) return 0;
  // A column of the user's own may be called rowid.
  if (typeof lowest !== 'bigint' || typeof highest !== 'bigint') return null;
  const span = highest - lowest + 1n;
  if (span <= counted) return Number(one(`SELECT count(*) FROM ${name}`));
  const bytes = one('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
  // Ids with wide gaps (time-ordered ones) tell nothing of the count.
  return typeof bytes === 'bigint' && span * leastRow <= bytes ? Number(span) : null;
}
