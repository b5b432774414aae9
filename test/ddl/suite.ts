import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseKind, TestDatabase } from '../support/database.ts';
import { createDatabase } from '../support/databases.ts';
import { registryUrl, tell } from '../support/registry.ts';
import { type Change, type Outcome, outcomeOf, type Promised, promises, type Written } from './change-case.ts';
import { changes } from './changes.ts';
import { type DdlPlace, openDdl, writeSql } from './place.ts';

/** DDL beside running jobs: what becomes of each, that nothing is lost by it, and that what breaks consumers lets nothing out. */
export function ddlSuite(kind: DatabaseKind, written: Written = 'json'): void {
  // Each waits for most of its time; but what SQLite tells is of the whole file, so that one would be told of another's DDL.
  const suite = kind === 'sqlite' ? describe : describe.concurrent;
  suite(`DDL on ${kind} beside a job that runs${written === 'avro' ? ' and writes Avro, with a registry' : ''}`, () => {
    let db: TestDatabase;
    let registry: string | null = null;
    beforeAll(async () => {
      if (written === 'avro') registry = await registryUrl();
      db = await createDatabase[kind]();
      if (kind === 'sqlite') await db.run('PRAGMA journal_mode = WAL');
    }, 600_000);
    afterAll(() => db[Symbol.asyncDispose]());

    for (const [number, one] of changes.entries()) {
      const change = one.on[kind];
      if ('reason' in change) it.skip(`${one.name} (not here: ${change.reason})`);
      else it(one.name, { timeout: 120_000 }, () => proven(db, change, number, registry));
    }
  });
}

const stops = (outcome: Outcome): boolean => outcome.startsWith('LIB');

async function proven(db: TestDatabase, change: Change, number: number, registry: string | null): Promise<void> {
  await using place = await openDdl(db, change, number, registry);
  const first = (promised: Promised): string => place.topic(promised);
  await place.until(() => promises.every((promised) => place.count(first(promised)) >= 3));
  if (registry !== null) await promise(registry, place);
  await place.run(change.sql);
  await place.run(change.write ?? writeSql(db.kind));
  const found: Partial<Record<Promised, Outcome>> = {};
  for (const promised of promises) found[promised] = await outcomeIn(place, promised);
  const expected = Object.fromEntries(
    promises.map((promised) => [promised, outcomeOf(change, registry === null ? 'json' : 'avro', promised)]),
  );
  expect(found).toEqual(expected);

  // Mended at the source, what has stopped goes on by itself, and lets out what it kept back.
  const stopped = (promised: Promised): boolean => stops(expected[promised] as Outcome);
  if (!promises.some(stopped)) return;
  await place.run(change.undo ?? '', stopped);
  for (const promised of promises.filter(stopped)) await same(place, promised, first(promised));
}

/** The registry holds each subject to what its job promises, too. */
async function promise(registry: string, place: DdlPlace): Promise<void> {
  const held = promises.map((promised) => {
    const compatibility = promised === 'newTopic' ? 'FORWARD' : promised.toUpperCase();
    return tell(registry, 'PUT', `/config/${place.topic(promised)}-value`, { compatibility });
  });
  await Promise.all(held);
}

/** What becomes of the job; it is not known before it has published everything, or has failed twice. */
async function outcomeIn(place: DdlPlace, promised: Promised): Promise<Outcome> {
  const topic = place.topic(promised);
  const before = 3;
  const failures = (): readonly string[] => place.reports(promised).flatMap(({ code }) => (code === null ? [] : [code]));
  const seven = (name: string): boolean => place.fold(name).has('7');
  await place.until(() => failures().length >= 2 || seven(topic) || seven(place.topic(promised, 2)));
  if (failures().length >= 2) {
    const [code] = failures();
    // Nothing left, neither before it was seen nor after.
    expect(place.count(topic)).toBe(before);
    expect(new Set(failures())).toEqual(new Set([code]));
    return code as Outcome;
  }
  // It never failed: nobody had to start it again.
  expect(failures()).toEqual([]);
  if (seven(place.topic(promised, 2))) {
    await same(place, promised, place.topic(promised, 2));
    expect(place.count(topic)).toBe(before);
    return 'v2';
  }
  await same(place, promised, topic);
  const versions = await place.versions(topic);
  return versions === 1 ? 'goes on' : (`schema ${versions}` as Outcome);
}

/** The topic folds to exactly the table as it is now. */
async function same(place: DdlPlace, promised: Promised, topic: string): Promise<void> {
  const rows = await place.rows(promised);
  const text = JSON.stringify([...rows].sort());
  const folded = (): string => JSON.stringify([...place.fold(topic)].sort().map(([id, row]) => [id, ordered(row, rows.get(id))]));
  await place.until(() => folded() === text).catch(() => undefined);
  expect(folded()).toBe(text);
}

/** In the order of the table's columns: that of an event is another matter. */
function ordered(row: Readonly<Record<string, string | null>>, like: Readonly<Record<string, string | null>> | undefined): object {
  const names = [...new Set([...Object.keys(like ?? {}), ...Object.keys(row)])];
  return Object.fromEntries(names.filter((name) => name in row).map((name) => [name, row[name]]));
}
