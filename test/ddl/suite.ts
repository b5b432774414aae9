import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseKind, TestDatabase } from '../support/database.ts';
import { createDatabase } from '../support/databases.ts';
import { registryUrl, tell } from '../support/registry.ts';
import { type Change, type Matrixed, type Outcome, outcomeOf, type Promised, promisesOf, type Written } from './change-case.ts';
import { changes } from './changes.ts';
import { type FarChange, farPromises, histories } from './histories.ts';
import { againSql, type DdlJobs, type DdlPlace, oneMoreSql, openDdl, writeSql } from './place.ts';

/** DDL beside running jobs: what becomes of each, that nothing is lost by it, and that what breaks consumers lets nothing out. */
export function ddlSuite(kind: DatabaseKind, written: Written = 'json'): void {
  // Each waits for most of its time; but what SQLite tells is of the whole file, so that one would be told of another's DDL.
  const suite = kind === 'sqlite' ? describe : describe.concurrent;
  suite(`DDL on ${kind} beside a job that runs${written === 'json' ? '' : ` and writes ${written}, with a registry`}`, () => {
    let db: TestDatabase;
    let registry: string | null = null;
    beforeAll(async () => {
      if (written !== 'json') registry = await registryUrl();
      db = await createDatabase[kind]();
      if (kind === 'sqlite') await db.run('PRAGMA journal_mode = WAL');
    }, 600_000);
    afterAll(() => db[Symbol.asyncDispose]());

    for (const [number, one] of changes.entries()) {
      const change = one.on[kind];
      if ('reason' in change) it.skip(`${one.name} (not here: ${change.reason})`);
      else
        it(one.name, { timeout: 120_000 }, () =>
          proven(db, one.name, change, { name: `t${number}`, promises: promisesOf(written), written, registry }),
        );
    }
    // In the others a registry refuses what leads there: test/registry/verdicts.real.test.ts has them.
    if (written !== 'json' && written !== 'avro') return;
    for (const [number, { name, on }] of histories.entries()) {
      it(name, { timeout: 120_000 }, () => provenFar(db, on[kind], { name: `h${number}`, promises: farPromises, written, registry }));
    }
  });
}

const stops = (outcome: Outcome): boolean => outcome.startsWith('LIB');

async function proven(db: TestDatabase, name: string, change: Change, jobs: DdlJobs<Matrixed>): Promise<void> {
  await using place = await openDdl(db, change, jobs);
  await place.until(() => jobs.promises.every((promised) => place.count(place.topic(promised)) >= 3));
  await promise(place, jobs);
  const counts = new Map(jobs.promises.map((promised) => [promised, 3]));
  await place.run(change.sql);
  await place.run(change.write ?? writeSql(db.kind));
  const expected = Object.fromEntries(jobs.promises.map((promised) => [promised, outcomeOf(name, change, jobs.written, promised)]));
  await comesTo(place, jobs, counts, expected, change.undo ?? '');
}

async function provenFar(
  db: TestDatabase,
  { before, sql, undo, outcomes: own, registered = own }: FarChange,
  jobs: DdlJobs,
): Promise<void> {
  await using place = await openDdl(db, {}, jobs);
  const outcomes = jobs.registry === null ? own : registered;
  const everywhere = (test: (topic: string) => boolean): Promise<void> =>
    place.until(() => jobs.promises.every((promised) => test(place.topic(promised))));
  await everywhere((topic) => place.count(topic) >= 3);
  await promise(place, jobs);
  for (const [at, step] of before.entries()) {
    await place.run(step);
    await place.run(oneMoreSql(db.kind, 4 + at));
    await everywhere((topic) => place.fold(topic).has(String(4 + at)));
    for (const promised of jobs.promises) expect(await place.versions(place.topic(promised))).toBe(2 + at);
  }
  const counts = new Map(jobs.promises.map((promised) => [promised, place.count(place.topic(promised))]));
  await place.run(sql);
  await place.run(`${oneMoreSql(db.kind, 7)}; ${againSql(db.kind)}`);
  await comesTo(place, jobs, counts, Object.fromEntries(jobs.promises.map((promised, at) => [promised, outcomes[at]])), undo);
}

/** Each job comes to what is expected of it; mended at the source, what has stopped goes on by itself, and lets out what it kept back. */
async function comesTo(
  place: DdlPlace,
  jobs: Pick<DdlJobs, 'promises'>,
  counts: ReadonlyMap<Promised, number>,
  expected: Readonly<Partial<Record<Promised, Outcome>>>,
  undo: string,
): Promise<void> {
  const found: Partial<Record<Promised, Outcome>> = {};
  for (const promised of jobs.promises) found[promised] = await outcomeIn(place, promised, counts.get(promised) ?? 0);
  expect(found).toEqual(expected);
  const stopped = (promised: Promised): boolean => stops(expected[promised] as Outcome);
  if (!jobs.promises.some(stopped)) return;
  await place.run(undo, stopped);
  for (const promised of jobs.promises.filter(stopped)) await same(place, promised, place.topic(promised));
}

/** The registry holds each subject to what its job promises, too. */
async function promise(place: DdlPlace, { promises: all, registry }: DdlJobs): Promise<void> {
  if (registry === null) return;
  const held = all.map((promised) => {
    const compatibility = promised === 'newTopic' ? 'FORWARD' : promised.toUpperCase().replace('-', '_');
    return tell(registry, 'PUT', `/config/${place.topic(promised)}-value`, { compatibility });
  });
  await Promise.all(held);
}

/** What becomes of the job; it is not known before it has published everything, or has failed twice. */
async function outcomeIn(place: DdlPlace, promised: Promised, before: number): Promise<Outcome> {
  const topic = place.topic(promised);
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
