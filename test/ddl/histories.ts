import type { Compatibility } from '../../src/model/format.ts';
import type { DatabaseKind } from '../support/database.ts';
import type { Outcome } from './change-case.ts';

/** What jobs promise whose consumers may be as old as the newest version, or as the first. */
export const farPromises = [
  'backward',
  'backward-transitive',
  'forward',
  'forward-transitive',
  'full',
  'full-transitive',
] as const satisfies readonly Compatibility[];

/** In the order of the promises. */
type FarOutcomes = readonly [Outcome, Outcome, Outcome, Outcome, Outcome, Outcome];

/** Changes after each other, of which the last is judged by what was before the others. */
export interface FarChange {
  /** Each leaves a version of its own, which every promise allows. */
  readonly before: readonly string[];
  readonly sql: string;
  readonly undo: string;
  readonly outcomes: FarOutcomes;
  /** With a registry, where that is another matter. */
  readonly registered?: FarOutcomes;
}

export interface FarCase {
  readonly name: string;
  readonly on: Readonly<Record<DatabaseKind, FarChange>>;
}

const dropNote = 'ALTER TABLE t DROP COLUMN note';
const dropExtra = 'ALTER TABLE t DROP COLUMN extra';
const same = (change: FarChange): FarCase['on'] => ({ postgres: change, mariadb: change, sqlite: change });

const retyped: FarChange = {
  before: [dropNote],
  sql: 'ALTER TABLE t ADD COLUMN note integer',
  undo: dropNote,
  outcomes: ['schema 3', 'LIB701', 'schema 3', 'LIB701', 'schema 3', 'LIB701'],
};

const required: FarChange = {
  before: [dropNote],
  sql: "ALTER TABLE t ADD COLUMN note text NOT NULL DEFAULT ''",
  undo: dropNote,
  outcomes: ['schema 3', 'LIB701', 'schema 3', 'schema 3', 'schema 3', 'LIB701'],
};

export const histories: readonly FarCase[] = [
  {
    name: 'a column is dropped, then added again with another type',
    on: {
      postgres: retyped,
      mariadb: retyped,
      // Whose types are of values.
      sqlite: { ...retyped, outcomes: ['schema 3', 'schema 3', 'schema 3', 'schema 3', 'schema 3', 'schema 3'] },
    },
  },
  {
    name: 'a column that may be NULL is dropped, then added again as NOT NULL with a default',
    on: {
      ...same(required),
      // A text is no default of a column of SQLite in Avro.
      sqlite: { ...required, sql: 'ALTER TABLE t ADD COLUMN note INTEGER NOT NULL DEFAULT 0' },
    },
  },
  {
    name: 'a column with a default is added, dropped, and added again so that it may be NULL',
    on: same({
      before: ['ALTER TABLE t ADD COLUMN extra integer NOT NULL DEFAULT 0', dropExtra],
      sql: 'ALTER TABLE t ADD COLUMN extra integer',
      undo: dropExtra,
      outcomes: ['schema 4', 'schema 4', 'schema 4', 'LIB701', 'schema 4', 'LIB701'],
      // To a registry the third version is the first: its newest is still the one with the default.
      registered: ['schema 4', 'schema 4', 'LIB701', 'LIB701', 'LIB701', 'LIB701'],
    }),
  },
];
