import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/databases.ts';
import { faultsOf, naive, type Proof, type ProofRow, prove } from './proof.ts';
import { settings } from './proof-settings.ts';
import { proofTable } from './proof-table.ts';

/** A short look at what `npm run prove` does for a minute on each database. */
const seed = Number(process.env.LIBERATE_TEST_SEED ?? 1);
const options = { seed, everyMs: 100 };
/** MariaDB's writers wait for each other's locks longer the more they are; SQLite's all wait for one. */
const writing = {
  postgres: { sessions: 12, holdMs: 800, writingMs: 10_000 },
  mariadb: { sessions: 8, holdMs: 800, writingMs: 10_000 },
  sqlite: { sessions: 12, holdMs: 100, writingMs: 5_000 },
};

// Deletes have a test of their own, which kills the process too.
describe.each(settings.filter(({ unseen }) => !unseen))('from $name, while sessions hold their transactions open', (setting) => {
  const { kind, logins, ways } = setting;
  const { sessions } = writing[kind];
  let db: TestDatabase;
  let proof: Proof;

  beforeAll(async () => {
    db = await createDatabase[kind]();
    proof = await prove(db, setting, { ...options, ...writing[kind] });
    console.log(`seed ${seed}: ${proof.written.committed} committed, ${proof.written.rolledBack} rolled back\n${proofTable(proof.rows)}`);
  }, 90_000);
  afterAll(async () => db?.[Symbol.asyncDispose]());

  const rowOf = (login: string, how: string): ProofRow => {
    const found = proof.rows.find((row) => row.login === login && row.how === how);
    if (found === undefined) throw new Error(`no row of ${login}, ${how}`);
    return found;
  };

  it('the writers write enough and roll back some', () => {
    expect(proof.written.committed).toBeGreaterThan(sessions * 3);
    expect(proof.written.rolledBack).toBeGreaterThan(0);
  });

  // SQLite's one writer at a time commits in the order of stamps and ids.
  it.skipIf(kind === 'sqlite')('a naive poller loses rows', () => {
    const { missing, stale } = rowOf(naive, 'updated_at > mark').verdict;
    expect(missing.length + stale.length).toBeGreaterThan(10);
    expect(rowOf(naive, 'id > mark').verdict.missing.length).toBeGreaterThan(5);
  });

  describe.each(logins)('as $name', ({ name, method }) => {
    it.each(ways)('$how: nothing is lost, nothing comes twice, no row goes back in its history', ({ how }) => {
      const row = rowOf(name, how);
      expect(faultsOf(row, 'none')).toEqual([]);
      expect(row.verdict.rows).toBeGreaterThan(40);
    });

    it('says by which method', () => {
      for (const { how } of ways) expect(rowOf(name, how).method).toMatch(method);
    });
  });
});
