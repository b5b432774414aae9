import { digest } from '../../src/engine/digest.ts';
import type { JobState } from '../../src/model/state.ts';
import type { DatabaseKind, TestDatabase } from '../support/databases.ts';
import type { KeyedEvent } from './checker.ts';
import { columns, eventOf, type Published, type Table } from './items.ts';

/** What the job of the state reads and publishes. */
export interface Claimed {
  readonly table: Table;
  readonly cursor: 'updated_at' | 'touched_at' | 'id';
  readonly published: Published;
  /** Ids of rows that no poll need have seen. */
  readonly unseen?: ReadonlySet<number>;
}

const items: Claimed = { table: 'items', cursor: 'updated_at', published: 'whole' };

/**
 * What a saved state claims of the stream (model/state.ts), held against the stream: every row at or before
 * the mark that was visible when it was read is there, those behind `since` or outside the gaps for certain, and of the
 * rows after `since` those in `sent`. Empty: the mark has passed no row that was not acknowledged.
 */
export async function brokenClaims(
  db: TestDatabase,
  state: JobState | null,
  events: readonly KeyedEvent[],
  claimed: Claimed = items,
): Promise<readonly string[]> {
  if (state?.mark == null) return [];
  const folded = new Map(events.map(({ key, value }) => [key, value]));
  const rows = await db.rows(markedRows(db.kind, state, claimed));
  const unpublished = rows
    .filter(([id]) => !inGap(state, Number(id)) && claimed.unseen?.has(Number(id)) !== true)
    .map((row) => eventOf(db.kind, row, claimed.published))
    .filter(({ key, value }) => folded.get(key) !== value)
    .map(({ value }) => `the mark ${state.mark?.join(', ')} has passed ${value}`);
  const digests = new Set(events.map(({ key, value }) => `${key} ${digest(Buffer.from(value ?? ''))}`));
  const unsent = Object.entries(state.sent)
    .filter(([key, sent]) => !digests.has(`${key} ${sent}`))
    .map(([key]) => `${key} is said to be sent, and the stream has it not`);
  return [...unpublished, ...unsent];
}

const inGap = ({ gaps }: JobState, id: number): boolean =>
  gaps.some(({ from, to }) => (from === null || Number(from) <= id) && id <= Number(to));

function markedRows(kind: DatabaseKind, { mark, since, tied }: JobState, { table, cursor }: Claimed): string {
  const [stamp, id] = mark as readonly [string, string];
  if (cursor === 'id') return `SELECT ${columns} FROM ${table} WHERE id <= ${stamp}`;
  const settled = since === null ? '' : `AND ${cursor} < ${instant[kind](since)}`;
  // The rows that share the mark's stamp are met again.
  const untied = tied ? `AND ${cursor} <> ${literal[kind](stamp)}` : '';
  return `SELECT ${columns} FROM ${table} WHERE (${cursor}, id) <= (${literal[kind](stamp)}, ${id}) ${settled} ${untied}`;
}

const literal: Readonly<Record<DatabaseKind, (mark: string) => string>> = {
  postgres: (mark) => `timestamptz '${mark}'`,
  mariadb: (mark) => `TIMESTAMP '${mark}'`,
  // Marks are literals there.
  sqlite: (mark) => mark,
};

const instant: Readonly<Record<DatabaseKind, (micros: string) => string>> = {
  postgres: (micros) => `timestamptz 'epoch' + ${micros} * interval '1 microsecond'`,
  mariadb: (micros) => `FROM_UNIXTIME(${micros} / 1000000.0)`,
  // The stamps of these tables have milliseconds.
  sqlite: (micros) => `'${new Date(Math.floor(Number(micros) / 1000)).toISOString().replace('T', ' ').slice(0, -1)}'`,
};
