import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { type Model, openModel, type Play, reconciling, type Way, ways } from './model.ts';
import { ofDeletes, seededFaults } from './model-faults.ts';
import { history, undisturbed } from './model-steps.ts';

/** Histories on each database; LIBERATE_TEST_RUNS looks further, from LIBERATE_TEST_SEED. */
const runsOf: Readonly<Record<DatabaseKind, number>> = { postgres: 20, mariadb: 6, sqlite: 34 };
const more = process.env['LIBERATE_TEST_RUNS'];

const playsOf = (some: readonly Way[]): fc.Arbitrary<Play> =>
  fc
    .record({ way: fc.constantFrom(...some), batch: fc.integer({ min: 1, max: 5 }), steps: history, disturbed: fc.boolean() })
    .map(({ way, batch, steps, disturbed }) => ({ way, batch, steps: disturbed ? steps : undisturbed(steps) }));

describe.each(['postgres', 'mariadb', 'sqlite'] as const)(
  'any history of sessions, deletes, polls, crashes, backfills and reconciles on %s',
  (kind) => {
    const numRuns = more === undefined ? runsOf[kind] : Number(more);
    let db: TestDatabase;
    let model: Model;

    beforeAll(async () => {
      db = await createDatabase[kind]();
      model = await openModel(db);
    });
    afterAll(async () => {
      await model[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    });

    it(
      'keeps every promise',
      async () => {
        await fc.assert(
          fc.asyncProperty(playsOf([...ways, ...reconciling]), (play) => model.play(play)),
          { numRuns },
        );
      },
      60_000 + numRuns * 5000,
    );

    // SQLite's one writer at a time commits in order, and InnoDB's starts are told in whole seconds: there a look-back is harder to miss.
    it.runIf(kind === 'postgres').each(seededFaults)('is found to break them with a seeded fault: %s', async (fault) => {
      const outcome = await fc.check(
        fc.asyncProperty(playsOf(ofDeletes(fault) ? reconciling : ways), (play) => model.play({ ...play, fault })),
        { numRuns: 200, endOnFailure: true },
      );
      expect(outcome).toMatchObject({ failed: true });
    });
  },
);
