import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '../kit/abort.ts';
import { LiberateError } from '../kit/errors.ts';
import type { StreamPosition } from '../sink/stream-reader.ts';
import type { VerifyContext } from './verify-context.ts';
import { digestWords, recordWords } from './verify-digest.ts';
import { readEvents, readRows } from './verify-read.ts';
import { parts, Spill } from './verify-spill.ts';
import { DigestTable } from './verify-table.ts';

/** Differences that are looked at again together: some 25 MB. */
export const mostTogether = 250_000;

export interface Compared {
  readonly rows: number;
  readonly events: number;
}

/** Takes over keys that differ, not accused yet. */
type Judge = (candidates: DigestTable) => Promise<void>;

/**
 * Folds the topic up to `end` and holds it against the relation, a part of the keys after the other. What differs is judged
 * `together` keys at a time, so that memory is bounded however many there are.
 */
export async function compare(
  context: VerifyContext,
  end: StreamPosition,
  together: number,
  judge: Judge,
  signal: AbortSignal,
): Promise<Compared> {
  using events = new Spill();
  using rows = new Spill();
  await readEvents(context, null, end, (record) => events.add(record), signal);
  await readRows(context, true, (record) => rows.add(record), signal);
  const candidates = new DigestTable();
  const table = new DigestTable();
  for (let part = 0; part < parts; part += 1) {
    table.clear();
    foldPart(events, part, table);
    holdAgainst(context, rows, part, table);
    for (let entry = 0; entry < table.count; entry += 1) {
      if (table.difference(entry) === null) continue;
      candidates.copy(table, entry);
      if (candidates.count < together) continue;
      await judge(candidates);
      candidates.clear();
    }
    await nextTurn();
    throwIfAborted(signal);
  }
  if (candidates.count > 0) await judge(candidates);
  return { rows: rows.records, events: events.records };
}

function foldPart(events: Spill, part: number, table: DigestTable): void {
  for (const run of events.part(part)) {
    for (let at = 0; at < run.length; at += recordWords) table.setEvent(table.take(run, at), run, at + digestWords);
  }
}

function holdAgainst({ plan }: VerifyContext, rows: Spill, part: number, table: DigestTable): void {
  for (const run of rows.part(part)) {
    for (let at = 0; at < run.length; at += recordWords) {
      const entry = table.take(run, at);
      if (table.hasRow(entry)) {
        const names = plan.key.map(({ name }) => name).join(', ');
        throw new LiberateError('LIB212', `two rows of ${plan.relationName} have the same ${names}: no stream folds to both`);
      }
      table.setRow(entry, run, at + digestWords);
    }
  }
}
