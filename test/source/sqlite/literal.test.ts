import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareStored, registerFunctions } from '../../../src/source/sqlite/functions.ts';
import { fromLiteral, type Stored, toLiteral } from '../../../src/source/sqlite/literal.ts';
import { affinity, parseCursor } from '../../../src/source/sqlite/types.ts';
import { column } from '../../schema/column.ts';

const stored: fc.Arbitrary<Stored> = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.double({ noNaN: true }),
  fc.integer().map(Number),
  fc.string({ unit: 'binary' }).filter((text) => Buffer.from(text).toString() === text),
  fc.constantFrom('', "it's", "''", '5', '\u{1F98A}', '\uFFFD'),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
);

describe('an SQL literal of SQLite', () => {
  const database = new Database(':memory:');
  database.defaultSafeIntegers(true);
  registerFunctions(database);

  it.each([
    [42n, '42'],
    [-9223372036854775808n, '-9223372036854775808'],
    [9007199254740993n, '9007199254740993'],
    [1.5, '1.5'],
    [0.1, '0.1'],
    [5, '5'],
    [1e300, '1e+300'],
    [Number.POSITIVE_INFINITY, '9e999'],
    ["it's", "'it''s'"],
    ['', "''"],
    [Buffer.from([0, 255]), "X'00FF'"],
  ])('of %s is %s', (value, literal) => {
    expect(toLiteral(value)).toBe(literal);
  });

  it('means to SQLite just what it was made of', () => {
    const same = database.prepare<[Stored], bigint>('SELECT ? = x.v FROM (SELECT 1) , (SELECT 1 AS v) x').pluck();
    expect(same.get(1n)).toBe(1n);
    fc.assert(
      fc.property(stored, (value) => {
        // SQLite's parser ends a statement at a zero byte.
        fc.pre(!(typeof value === 'string' && value.includes('\0')));
        return (
          database
            .prepare<[Stored], bigint>(`SELECT ? = ${toLiteral(value)}`)
            .pluck()
            .get(value) === 1n
        );
      }),
      { numRuns: 500 },
    );
  });

  it('comes back as an equal value', () => {
    fc.assert(
      fc.property(stored, (value) => compareStored(fromLiteral(toLiteral(value)) as Stored, value) === 0),
      { numRuns: 1000 },
    );
  });

  it('is equal for two values only if SQLite holds them for equal', () => {
    fc.assert(
      fc.property(stored, stored, (a, b) => (toLiteral(a) === toLiteral(b)) === (compareStored(a, b) === 0)),
      { numRuns: 1000 },
    );
  });

  it.each(['NULL', 'x', "'open", "X'0'", '1 OR 1=1', "'a' || 'b'", '', '2026-01-01'])('is not %s', (text) => {
    expect(fromLiteral(text)).toBeNull();
  });

  it('is ordered as SQLite orders, numbers before text before bytes', () => {
    const less = database.prepare<[Stored, Stored], bigint>('SELECT CASE WHEN ? < ? THEN 1 ELSE 0 END').pluck();
    fc.assert(
      fc.property(stored, stored, (a, b) => (less.get(a, b) === 1n) === compareStored(a, b) < 0),
      { numRuns: 1000 },
    );
  });
});

describe('greatest and least', () => {
  const database = new Database(':memory:');
  database.defaultSafeIntegers(true);
  registerFunctions(database);

  it.each([
    ['greatest(1, 3, 2)', 3n],
    ['least(1, 3, 2)', 1n],
    ['greatest(NULL, 3, NULL)', 3n],
    ['least(NULL, 3, NULL)', 3n],
    ['greatest(NULL, NULL)', null],
    ['least()', null],
    ['greatest(9007199254740992.0, 9007199254740993)', 9007199254740993n],
    ['least(9007199254740993, 9007199254740992.0)', 9007199254740992],
    ["greatest(5, '5', X'00')", Buffer.from([0])],
    ["least(X'00', '5', 5)", 5n],
    ["least('5', X'00')", '5'],
    ["greatest('2026-01-01 00:00:00', '2026-01-01 00:00:00.5')", '2026-01-01 00:00:00.5'],
  ])('%s is %s', (expression, expected) => {
    expect(database.prepare(`SELECT ${expression}`).pluck().get()).toEqual(expected);
  });

  it('agree with the order of ORDER BY', () => {
    fc.assert(
      fc.property(fc.array(stored, { minLength: 1, maxLength: 5 }), (values) => {
        const holes = values.map(() => '?').join(', ');
        const ordered = values.map(() => 'SELECT ? AS v').join(' UNION ALL ');
        const found = database
          .prepare<Stored[], Stored>(`SELECT greatest(${holes})`)
          .pluck()
          .get(...values) as Stored;
        const last = database
          .prepare<Stored[], Stored>(`SELECT v FROM (${ordered}) ORDER BY v DESC LIMIT 1`)
          .pluck()
          .get(...values) as Stored;
        return compareStored(found, last) === 0;
      }),
      { numRuns: 300 },
    );
  });
});

describe('a cursor as a user writes it', () => {
  it.each([
    ['INTEGER', '42', '42'],
    ['BIGINT', ' -7 ', '-7'],
    ['INTEGER', '99999999999999999999', '100000000000000000000'],
    ['TIMESTAMP', '2026-01-01 00:00:00', "'2026-01-01 00:00:00'"],
    ['TIMESTAMP', '1767225600', '1767225600'],
    ['REAL', '1.5', '1.5'],
    ['TEXT', '42', "'42'"],
    ['VARCHAR(10)', "it's", "'it''s'"],
    ['ANY', '42', '42'],
    ['ANY', 'a', "'a'"],
  ])('in a column declared %s: %s is %s', (native, text, mark) => {
    expect(parseCursor(text, column('c', 'dynamic', native, false))).toBe(mark);
  });

  it.each([
    ['INTEGER', '2026-01-01'],
    ['DOUBLE', 'x'],
    ['TIMESTAMP', ' '],
  ])('is refused by a column declared %s: %s', (native, text) => {
    expect(() => parseCursor(text, column('c', 'dynamic', native, false))).toThrow(
      expect.objectContaining({ code: 'LIB103', place: { column: 'c' } }),
    );
  });

  it('goes by the affinity that SQLite gives to a declared type', () => {
    const database = new Database(':memory:');
    for (const native of [
      'INTEGER',
      'BIGINT',
      'VARCHAR(9)',
      'CLOB',
      'BLOB',
      'DOUBLE',
      'FLOAT',
      'TIMESTAMP',
      'DECIMAL(10,2)',
      'BOOLEAN',
      'CHARINT',
      'FLOATING POINT',
    ]) {
      database.exec(`DROP TABLE IF EXISTS t; CREATE TABLE t (c ${native}); INSERT INTO t VALUES ('7')`);
      const kept = database.prepare('SELECT typeof(c) FROM t').pluck().get();
      const expected = { integer: 'integer', numeric: 'integer', real: 'real', text: 'text', blob: 'text' }[affinity(native)];
      expect([native, kept]).toEqual([native, expected]);
    }
  });
});
