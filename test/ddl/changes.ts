import type { Change, ChangeCase, Outcome, Outcomes } from './change-case.ts';

/**
 * The DDL of docs/schemas.md: on a table `t (id, updated_at, paid, note, code)` whose `paid` and `code` are NOT NULL and whose `note` may be NULL,
 * beside a job that polls it by `updated_at`.
 */

const all = (outcome: Outcome): Outcomes => outcome;
/** Old consumers cannot read it. */
const breaksForward: Outcomes = ['schema 2', 'schema 2', 'LIB701', 'LIB701', 'v2'];
/** New consumers cannot read the events of before. */
const breaksBackward: Outcomes = ['schema 2', 'LIB701', 'schema 2', 'LIB701', 'schema 2'];
const breaksBoth: Outcomes = ['schema 2', 'LIB701', 'LIB701', 'LIB701', 'v2'];

const now = { postgres: 'clock_timestamp()', mariadb: 'now(6)', sqlite: "strftime('%Y-%m-%d %H:%M:%f', 'now')" } as const;

/** SQLite's own way of a change for which it has no statement: another table of that name, with the same rows. */
const rebuilt = (columns: string, rows: string): string =>
  `BEGIN; CREATE TABLE t_new (${columns}); INSERT INTO t_new SELECT ${rows} FROM t; DROP TABLE t; ALTER TABLE t_new RENAME TO t; COMMIT`;

const sqliteTable = (paid: string, note: string, code: string): string =>
  `id INTEGER PRIMARY KEY, updated_at TIMESTAMP NOT NULL, paid ${paid}, note ${note}, code ${code}`;
const sqliteColumns = sqliteTable('INTEGER NOT NULL', 'TEXT', 'VARCHAR(10) NOT NULL');
const sqliteUndo = rebuilt(sqliteColumns, 'id, updated_at, paid, note, code');

const change = (sql: string, undo: string, outcomes: Outcomes, more: Partial<Change> = {}): Change => ({ sql, undo, outcomes, ...more });

/** A row more, and all of them once more, with a value in a column that was not there. */
const withExtra = (kind: keyof typeof now): string =>
  `INSERT INTO t (id, updated_at, paid, note, code, extra) VALUES (7, ${now[kind]}, 70, 'seven', 'g', 1); UPDATE t SET extra = id, updated_at = ${now[kind]}`;
const without = (kind: keyof typeof now, columns: string, values: string): string =>
  `INSERT INTO t (id, updated_at, ${columns}) VALUES (7, ${now[kind]}, ${values}); UPDATE t SET updated_at = ${now[kind]}`;

/** As it was: without a default. */
const paidAgain = 'ALTER TABLE t ADD COLUMN paid integer NOT NULL DEFAULT 1; ALTER TABLE t ALTER COLUMN paid DROP DEFAULT';
const dropExtra = 'ALTER TABLE t DROP COLUMN extra';

export const changes: readonly ChangeCase[] = [
  {
    name: 'a column is added that may be NULL',
    on: {
      postgres: change('ALTER TABLE t ADD COLUMN extra integer', dropExtra, all('schema 2'), { write: withExtra('postgres') }),
      mariadb: change('ALTER TABLE t ADD COLUMN extra integer', dropExtra, all('schema 2'), { write: withExtra('mariadb') }),
      sqlite: change('ALTER TABLE t ADD COLUMN extra INTEGER', dropExtra, all('schema 2'), { write: withExtra('sqlite') }),
    },
  },
  {
    name: 'a column is added that has a default',
    on: {
      postgres: change('ALTER TABLE t ADD COLUMN extra integer NOT NULL DEFAULT 5', dropExtra, all('schema 2'), {
        write: withExtra('postgres'),
      }),
      mariadb: change('ALTER TABLE t ADD COLUMN extra integer NOT NULL DEFAULT 5', dropExtra, all('schema 2'), {
        write: withExtra('mariadb'),
      }),
      sqlite: change('ALTER TABLE t ADD COLUMN extra INTEGER NOT NULL DEFAULT 5', dropExtra, all('schema 2'), {
        write: withExtra('sqlite'),
      }),
    },
  },
  {
    name: 'a column is added that is required',
    on: {
      postgres: change(
        'BEGIN; ALTER TABLE t ADD COLUMN extra integer; UPDATE t SET extra = id; ALTER TABLE t ALTER COLUMN extra SET NOT NULL; COMMIT',
        dropExtra,
        breaksBackward,
        { write: withExtra('postgres') },
      ),
      mariadb: change('ALTER TABLE t ADD COLUMN extra integer NOT NULL', dropExtra, breaksBackward, { write: withExtra('mariadb') }),
      sqlite: change(
        rebuilt(`${sqliteColumns}, extra INTEGER NOT NULL`, 'id, updated_at, paid, note, code, id'),
        dropExtra,
        breaksBackward,
        {
          write: withExtra('sqlite'),
        },
      ),
    },
  },
  {
    name: 'a column is dropped that may be NULL',
    on: {
      postgres: change('ALTER TABLE t DROP COLUMN note', 'ALTER TABLE t ADD COLUMN note text', all('schema 2'), {
        write: without('postgres', 'paid, code', "70, 'g'"),
      }),
      mariadb: change('ALTER TABLE t DROP COLUMN note', 'ALTER TABLE t ADD COLUMN note text', all('schema 2'), {
        write: without('mariadb', 'paid, code', "70, 'g'"),
      }),
      sqlite: change('ALTER TABLE t DROP COLUMN note', 'ALTER TABLE t ADD COLUMN note TEXT', all('schema 2'), {
        write: without('sqlite', 'paid, code', "70, 'g'"),
      }),
    },
  },
  {
    name: 'a column is dropped that is required',
    on: {
      postgres: change('ALTER TABLE t DROP COLUMN paid', paidAgain, breaksForward, {
        write: without('postgres', 'code', "'g'"),
      }),
      mariadb: change('ALTER TABLE t DROP COLUMN paid', paidAgain, breaksForward, {
        write: without('mariadb', 'code', "'g'"),
      }),
      sqlite: change('ALTER TABLE t DROP COLUMN paid', rebuilt(sqliteColumns, 'id, updated_at, 1, note, code'), breaksForward, {
        write: without('sqlite', 'code', "'g'"),
      }),
    },
  },
  {
    name: 'a column is renamed that is required',
    on: {
      postgres: change('ALTER TABLE t RENAME COLUMN paid TO amount', 'ALTER TABLE t RENAME COLUMN amount TO paid', breaksBoth, {
        write: without('postgres', 'amount, code', "70, 'g'"),
      }),
      mariadb: change('ALTER TABLE t RENAME COLUMN paid TO amount', 'ALTER TABLE t RENAME COLUMN amount TO paid', breaksBoth, {
        write: without('mariadb', 'amount, code', "70, 'g'"),
      }),
      sqlite: change('ALTER TABLE t RENAME COLUMN paid TO amount', 'ALTER TABLE t RENAME COLUMN amount TO paid', breaksBoth, {
        write: without('sqlite', 'amount, code', "70, 'g'"),
      }),
    },
  },
  {
    name: 'a column is renamed that may be NULL',
    on: {
      postgres: change('ALTER TABLE t RENAME COLUMN note TO remark', 'ALTER TABLE t RENAME COLUMN remark TO note', all('schema 2'), {
        write: without('postgres', 'paid, code', "70, 'g'"),
      }),
      mariadb: change('ALTER TABLE t RENAME COLUMN note TO remark', 'ALTER TABLE t RENAME COLUMN remark TO note', all('schema 2'), {
        write: without('mariadb', 'paid, code', "70, 'g'"),
      }),
      sqlite: change('ALTER TABLE t RENAME COLUMN note TO remark', 'ALTER TABLE t RENAME COLUMN remark TO note', all('schema 2'), {
        write: without('sqlite', 'paid, code', "70, 'g'"),
      }),
    },
  },
  {
    name: 'a type becomes wider',
    on: {
      postgres: change('ALTER TABLE t ALTER COLUMN paid TYPE bigint', 'ALTER TABLE t ALTER COLUMN paid TYPE integer', breaksForward),
      mariadb: change('ALTER TABLE t MODIFY paid bigint NOT NULL', 'ALTER TABLE t MODIFY paid int NOT NULL', breaksForward),
      sqlite: change(
        rebuilt(sqliteTable('BIGINT NOT NULL', 'TEXT', 'VARCHAR(10) NOT NULL'), 'id, updated_at, paid, note, code'),
        sqliteUndo,
        all('schema 2'),
        { registry: { protobuf: ['schema 2', 'schema 2'] } },
      ),
    },
  },
  {
    name: 'a type becomes narrower',
    on: {
      postgres: change('ALTER TABLE t ALTER COLUMN paid TYPE smallint', 'ALTER TABLE t ALTER COLUMN paid TYPE integer', breaksBackward, {
        avro: all('schema 2'),
      }),
      mariadb: change('ALTER TABLE t MODIFY paid smallint NOT NULL', 'ALTER TABLE t MODIFY paid int NOT NULL', breaksBackward, {
        avro: all('schema 2'),
      }),
      sqlite: change(
        rebuilt(sqliteTable('SMALLINT NOT NULL', 'TEXT', 'VARCHAR(10) NOT NULL'), 'id, updated_at, paid, note, code'),
        sqliteUndo,
        all('schema 2'),
      ),
    },
  },
  {
    name: 'a length becomes larger',
    on: {
      postgres: change(
        'ALTER TABLE t ALTER COLUMN code TYPE varchar(20)',
        'ALTER TABLE t ALTER COLUMN code TYPE varchar(10)',
        breaksForward,
        { avro: all('schema 2') },
      ),
      mariadb: change('ALTER TABLE t MODIFY code varchar(20) NOT NULL', 'ALTER TABLE t MODIFY code varchar(10) NOT NULL', breaksForward, {
        avro: all('schema 2'),
      }),
      sqlite: change(
        rebuilt(sqliteTable('INTEGER NOT NULL', 'TEXT', 'VARCHAR(20) NOT NULL'), 'id, updated_at, paid, note, code'),
        sqliteUndo,
        all('schema 2'),
      ),
    },
  },
  {
    name: 'a number becomes a text',
    on: {
      postgres: change(
        'ALTER TABLE t ALTER COLUMN paid TYPE text',
        'ALTER TABLE t ALTER COLUMN paid TYPE integer USING paid::integer',
        breaksBoth,
      ),
      mariadb: change('ALTER TABLE t MODIFY paid varchar(20) NOT NULL', 'ALTER TABLE t MODIFY paid int NOT NULL', breaksBoth),
      sqlite: change(
        rebuilt(sqliteTable('TEXT NOT NULL', 'TEXT', 'VARCHAR(10) NOT NULL'), 'id, updated_at, paid, note, code'),
        sqliteUndo,
        all('schema 2'),
      ),
    },
  },
  {
    name: 'NOT NULL is taken away',
    on: {
      postgres: change('ALTER TABLE t ALTER COLUMN paid DROP NOT NULL', 'ALTER TABLE t ALTER COLUMN paid SET NOT NULL', breaksForward),
      mariadb: change('ALTER TABLE t MODIFY paid int', 'ALTER TABLE t MODIFY paid int NOT NULL', breaksForward),
      sqlite: change(
        rebuilt(sqliteTable('INTEGER', 'TEXT', 'VARCHAR(10) NOT NULL'), 'id, updated_at, paid, note, code'),
        sqliteUndo,
        breaksForward,
        { registry: { 'json-schema': ['schema 2', 'LIB701'] } },
      ),
    },
  },
  {
    name: 'NOT NULL is put on',
    on: {
      postgres: change('ALTER TABLE t ALTER COLUMN note SET NOT NULL', 'ALTER TABLE t ALTER COLUMN note DROP NOT NULL', breaksBackward),
      mariadb: change('ALTER TABLE t MODIFY note text NOT NULL', 'ALTER TABLE t MODIFY note text', breaksBackward),
      sqlite: change(
        rebuilt(sqliteTable('INTEGER NOT NULL', 'TEXT NOT NULL', 'VARCHAR(10) NOT NULL'), 'id, updated_at, paid, note, code'),
        sqliteUndo,
        breaksBackward,
      ),
    },
  },
  {
    name: 'columns change their order',
    on: {
      postgres: { reason: 'columns keep their order' },
      mariadb: change('ALTER TABLE t MODIFY note text AFTER code', 'ALTER TABLE t MODIFY note text AFTER paid', all('schema 2')),
      sqlite: change(
        rebuilt(
          'id INTEGER PRIMARY KEY, updated_at TIMESTAMP NOT NULL, code VARCHAR(10) NOT NULL, paid INTEGER NOT NULL, note TEXT',
          'id, updated_at, code, paid, note',
        ),
        sqliteUndo,
        all('schema 2'),
      ),
    },
  },
  {
    name: 'the primary key becomes another',
    on: {
      postgres: change(
        'ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, code)',
        'ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id)',
        ['LIB501', 'LIB501', 'LIB501', 'LIB501', 'v2'],
      ),
      mariadb: change(
        'ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, code)',
        'ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id)',
        ['LIB501', 'LIB501', 'LIB501', 'LIB501', 'v2'],
      ),
      sqlite: change(
        rebuilt(
          'id INTEGER NOT NULL, updated_at TIMESTAMP NOT NULL, paid INTEGER NOT NULL, note TEXT, code VARCHAR(10) NOT NULL, PRIMARY KEY (id, code)',
          'id, updated_at, paid, note, code',
        ),
        sqliteUndo,
        ['LIB501', 'LIB501', 'LIB501', 'LIB501', 'v2'],
      ),
    },
  },
  {
    name: 'the cursor is dropped',
    on: {
      postgres: change(
        'ALTER TABLE t DROP COLUMN updated_at',
        'ALTER TABLE t ADD COLUMN updated_at timestamptz NOT NULL DEFAULT clock_timestamp()',
        all('LIB204'),
        { write: "INSERT INTO t (id, paid, note, code) VALUES (7, 70, 'seven', 'g')" },
      ),
      mariadb: change(
        'ALTER TABLE t DROP COLUMN updated_at',
        'ALTER TABLE t ADD COLUMN updated_at datetime(6) NOT NULL DEFAULT now(6)',
        all('LIB204'),
        { write: "INSERT INTO t (id, paid, note, code) VALUES (7, 70, 'seven', 'g')" },
      ),
      sqlite: change('ALTER TABLE t DROP COLUMN updated_at', rebuilt(sqliteColumns, `id, ${now.sqlite}, paid, note, code`), all('LIB204'), {
        write: "INSERT INTO t (id, paid, note, code) VALUES (7, 70, 'seven', 'g')",
      }),
    },
  },
  {
    name: 'the table is renamed away',
    on: {
      postgres: change('ALTER TABLE t RENAME TO t_away', 'ALTER TABLE t_away RENAME TO t', all('LIB203'), { write: 'SELECT 1' }),
      mariadb: change('ALTER TABLE t RENAME TO t_away', 'ALTER TABLE t_away RENAME TO t', all('LIB203'), { write: 'SELECT 1' }),
      sqlite: change('ALTER TABLE t RENAME TO t_away', 'ALTER TABLE t_away RENAME TO t', all('LIB203'), { write: 'SELECT 1' }),
    },
  },
  {
    name: 'the table is renamed away and made anew, alike',
    on: {
      postgres: change(
        'BEGIN; ALTER TABLE t RENAME TO t_away; CREATE TABLE t (LIKE t_away INCLUDING ALL); INSERT INTO t SELECT * FROM t_away; COMMIT',
        '',
        all('goes on'),
      ),
      mariadb: change(
        'CREATE TABLE t_new LIKE t; INSERT INTO t_new SELECT * FROM t; RENAME TABLE t TO t_away, t_new TO t',
        '',
        all('goes on'),
      ),
      sqlite: change(sqliteUndo, '', all('goes on')),
    },
  },
  {
    name: 'the table is renamed away and made anew, without a column that is required',
    on: {
      postgres: change(
        'BEGIN; ALTER TABLE t RENAME TO t_away; CREATE TABLE t AS SELECT id, updated_at, paid, note FROM t_away; ALTER TABLE t ALTER updated_at SET NOT NULL, ALTER paid SET NOT NULL, ADD PRIMARY KEY (id); COMMIT',
        'BEGIN; ALTER TABLE t RENAME TO t_new; ALTER TABLE t_away RENAME TO t; UPDATE t SET updated_at = clock_timestamp(); COMMIT',
        breaksForward,
        { write: without('postgres', 'paid', '70') },
      ),
      mariadb: change(
        'CREATE TABLE t_new LIKE t; ALTER TABLE t_new DROP COLUMN code; INSERT INTO t_new SELECT id, updated_at, paid, note FROM t; RENAME TABLE t TO t_away, t_new TO t',
        'RENAME TABLE t TO t_new, t_away TO t; UPDATE t SET updated_at = now(6)',
        breaksForward,
        { write: without('mariadb', 'paid', '70') },
      ),
      sqlite: change(
        'BEGIN; ALTER TABLE t RENAME TO t_away; CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at TIMESTAMP NOT NULL, paid INTEGER NOT NULL, note TEXT); INSERT INTO t SELECT id, updated_at, paid, note FROM t_away; COMMIT',
        `BEGIN; ALTER TABLE t RENAME TO t_new; ALTER TABLE t_away RENAME TO t; UPDATE t SET updated_at = ${now.sqlite}; COMMIT`,
        breaksForward,
        { write: without('sqlite', 'paid', '70') },
      ),
    },
  },
  {
    name: 'a view is defined anew, with a column more',
    on: {
      postgres: change(
        'CREATE OR REPLACE VIEW t_view AS SELECT id, updated_at, paid, code FROM t',
        'DROP VIEW t_view; CREATE VIEW t_view AS SELECT id, updated_at, paid FROM t',
        all('schema 2'),
        { view: 'CREATE VIEW t_view AS SELECT id, updated_at, paid FROM t' },
      ),
      mariadb: change(
        'CREATE OR REPLACE VIEW t_view AS SELECT id, updated_at, paid, note FROM t',
        'CREATE OR REPLACE VIEW t_view AS SELECT id, updated_at, paid FROM t',
        all('schema 2'),
        { view: 'CREATE VIEW t_view AS SELECT id, updated_at, paid FROM t' },
      ),
      sqlite: change(
        'BEGIN; DROP VIEW t_view; CREATE VIEW t_view AS SELECT id, updated_at, paid, code FROM t; COMMIT',
        'BEGIN; DROP VIEW t_view; CREATE VIEW t_view AS SELECT id, updated_at, paid FROM t; COMMIT',
        all('schema 2'),
        { view: 'CREATE VIEW t_view AS SELECT id, updated_at, paid FROM t' },
      ),
    },
  },
  {
    name: 'a view is defined anew, without a column that it could not be NULL in',
    on: {
      postgres: change(
        'BEGIN; DROP VIEW t_view; CREATE VIEW t_view AS SELECT id, updated_at, paid FROM t; COMMIT',
        'BEGIN; DROP VIEW t_view; CREATE VIEW t_view AS SELECT id, updated_at, paid, code FROM t; COMMIT',
        all('schema 2'),
        { view: 'CREATE VIEW t_view AS SELECT id, updated_at, paid, code FROM t' },
      ),
      mariadb: change(
        'CREATE OR REPLACE VIEW t_view AS SELECT id, updated_at, paid FROM t',
        'CREATE OR REPLACE VIEW t_view AS SELECT id, updated_at, paid, code FROM t',
        breaksForward,
        { view: 'CREATE VIEW t_view AS SELECT id, updated_at, paid, code FROM t' },
      ),
      sqlite: change(
        'BEGIN; DROP VIEW t_view; CREATE VIEW t_view AS SELECT id, updated_at, paid FROM t; COMMIT',
        'BEGIN; DROP VIEW t_view; CREATE VIEW t_view AS SELECT id, updated_at, paid, code FROM t; COMMIT',
        all('schema 2'),
        { view: 'CREATE VIEW t_view AS SELECT id, updated_at, paid, code FROM t' },
      ),
    },
  },
  {
    name: 'a query is over a table that gets a column more',
    on: {
      postgres: change('ALTER TABLE t ADD COLUMN extra integer', dropExtra, all('schema 2'), {
        query: 'SELECT * FROM t',
        write: withExtra('postgres'),
      }),
      mariadb: change('ALTER TABLE t ADD COLUMN extra integer', dropExtra, all('schema 2'), {
        query: 'SELECT * FROM t',
        write: withExtra('mariadb'),
      }),
      sqlite: change('ALTER TABLE t ADD COLUMN extra INTEGER', dropExtra, all('schema 2'), {
        query: 'SELECT * FROM t',
        write: withExtra('sqlite'),
      }),
    },
  },
];
