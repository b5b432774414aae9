import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../support/databases.ts';
import type { KeyedEvent } from './checker.ts';
import { columns, eventOf, type Table } from './items.ts';

/** What most pollers do: everything past the highest cursor seen, each `everyMs`, until the signal; one poll more at the end. */
export async function pollNaively(
  db: TestDatabase,
  table: Table,
  cursor: 'id' | 'updated_at',
  everyMs: number,
  signal: AbortSignal,
): Promise<readonly KeyedEvent[]> {
  await using session = await db.connect();
  const at = cursor === 'id' ? 0 : 3;
  const events: KeyedEvent[] = [];
  let mark: string | null = null;
  for (let last = false; ; ) {
    const past = mark === null ? '' : `WHERE ${cursor} > '${mark}'`;
    const rows = await session.rows(`SELECT ${columns} FROM ${table} ${past} ORDER BY ${cursor}`);
    events.push(...rows.map((row) => eventOf(db.kind, row)));
    mark = rows.at(-1)?.[at] ?? mark;
    if (last) return events;
    last = signal.aborted;
    await sleep(everyMs);
  }
}
