import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '../kit/abort.ts';
import { LiberateError } from '../kit/errors.ts';
import type { StreamPosition } from '../sink/stream-reader.ts';
import type { VerifyContext } from './verify-context.ts';
import { digestWords, recordWords } from './verify-digest.ts';
import { readEvents, readRows } from './verify-read.ts';
import { parts, Spill } from './verify-spill.ts';
import { type Difference, DigestTable } from './verify-table.ts';

/** Differences that are looked at again, and so reported by what they are; of more only the number is told. */
export const mostCandidates = 250_000;

export interface Compared {
  readonly rows: number;
  readonly events: number;
  /** Keys that differ, not accused yet. */
  readonly candidates: DigestTable;
  /** Differences beyond `mostCandidates`, by kind. */
  readonly beyond: Readonly<Record<Difference, number>>;
}

/** Folds the topic up to `end` and holds it against the relation, a part of the keys after the other. */
export async function compare(context: VerifyContext, end: StreamPosition, signal: AbortSignal): Promise<Compared> {
  using events = new Spill();
  using rows = new Spill();
  await readEvents(context, null, end, (record) => events.add(record), signal);
  await readRows(context, true, (record) => rows.add(record), signal);
  const candidates = new DigestTable();
  const beyond = { missing: 0, stale: 0, extra: 0 };
  const table = new DigestTable();
  for (let part = 0; part < parts; part += 1) {
    table.clear();
    foldPart(events, part, table);
    holdAgainst(context, rows, part, table);
    for (let entry = 0; entry < table.count; entry += 1) {
      const difference = table.difference(entry);
      if (difference === null) continue;
      if (candidates.count < mostCandidates) candidates.copy(table, entry);
      else beyond[difference] += 1;
    }
    await nextTurn();
    throwIfAborted(signal);
  }
  return { rows: rows.records, events: events.records, candidates, beyond };
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
