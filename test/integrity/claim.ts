import { digest } from '../../src/engine/digest.ts';
import type { JobState } from '../../src/model/state.ts';
import type { Session } from '../support/databases.ts';
import type { KeyedEvent } from './checker.ts';
import { columns, eventOf } from './items.ts';

/**
 * What a saved state claims of the stream (model/state.ts), held against the stream: every row at or before
 * the mark that was visible when it was read is there, those behind `since` for certain, and of the rows
 * after `since` those in `sent`. Empty: the mark has passed no row that was not acknowledged.
 */
export async function brokenClaims(db: Session, state: JobState | null, events: readonly KeyedEvent[]): Promise<readonly string[]> {
  if (state?.mark == null) return [];
  const folded = new Map(events.map(({ key, value }) => [key, value]));
  const rows = await db.rows(markedRows(state));
  const unpublished = rows
    .map((row) => eventOf('postgres', row))
    .filter(({ key, value }) => folded.get(key) !== value)
    .map(({ value }) => `the mark ${state.mark?.join(', ')} has passed ${value}`);
  const digests = new Set(events.map(({ key, value }) => `${key} ${digest(Buffer.from(value ?? ''))}`));
  const unsent = Object.entries(state.sent)
    .filter(([key, sent]) => !digests.has(`${key} ${sent}`))
    .map(([key]) => `${key} is said to be sent, and the stream has it not`);
  return [...unpublished, ...unsent];
}

function markedRows({ mark, since }: JobState): string {
  const [stamp, id] = mark as readonly [string, string];
  const settled = since === null ? '' : `AND updated_at < timestamptz 'epoch' + ${since} * interval '1 microsecond'`;
  return `SELECT ${columns} FROM items WHERE (updated_at, id) <= (timestamptz '${stamp}', ${id}) ${settled}`;
}
