import { describe, expect, it } from 'vitest';
import type { Column, ColumnType } from '../../src/model/column.ts';
import type { Bind, Flavour } from '../../src/query/flavour.ts';
import { describeFrom, planCondition, planLast, planNth, planRead } from '../../src/query/plan.ts';
import type { ReadRequest } from '../../src/query/request.ts';

const column = (name: string, kind: 'integer' | 'text' | 'date' | 'timestamp' | 'timestamptz'): Column => ({
  name,
  type: { kind } as ColumnType,
  native: kind,
  nullable: true,
});

const id = column('id', 'integer');
const line = column('line', 'integer');
const note = column('note', 'text');
const stamp = column('stamp', 'timestamptz');
const created = column('created', 'timestamp');
const day = column('day', 'date');

/** A bind is printed with its place, its text and the kind that it is cast to. */
const printed = (bind: Bind, position: number): string =>
  `<${position}:${bind.kind === 'mark' ? bind.text : `@${bind.micros}${bind.like === null ? '' : `~${bind.like}`}`}:${bind.column.type.kind}>`;

const flavour: Flavour = {
  quote: (name) => name,
  table: ({ schema, name }) => (schema === null ? name : `${schema}.${name}`),
  bind: printed,
  least: (a, b) => `LEAST(${a}, ${b})`,
  lowest: ({ name }) => `LOWEST(${name})`,
  highest: ({ name }) => `HIGHEST(${name})`,
  select: (expression) => expression,
  marks: (expression, { type }) => `MARKS(${expression}, ${type.kind})`,
  rowComparison: true,
  lexis: 'standard',
};
const withoutRows: Flavour = { ...flavour, rowComparison: false };

const request: ReadRequest = {
  relation: { kind: 'table', table: { schema: 'shop', name: 'orders' } },
  columns: [id, note, stamp],
  where: null,
  cursor: [stamp],
  key: [id],
  window: { kind: 'all' },
  page: null,
  recentFrom: null,
  sample: null,
  limit: null,
};
const after = { kind: 'after', mark: ['S', '7'], floor: null, tied: false } as const;
const sqlOf = (changes: Partial<ReadRequest>, by = flavour): string => planRead(by, { ...request, ...changes }).sql;
const whereOf = (changes: Partial<ReadRequest>, by = flavour): string => /WHERE ([\s\S]*?) ORDER BY/.exec(sqlOf(changes, by))?.[1] ?? '';

describe('planRead', () => {
  it('reads all rows with a cursor in the order of cursor and key', () => {
    expect(planRead(flavour, request)).toEqual({
      sql: 'SELECT q.id, q.note, q.stamp FROM shop.orders q WHERE q.stamp IS NOT NULL ORDER BY q.stamp, q.id',
      binds: [],
      orderedBy: ['stamp', 'id'],
      positionAt: [2, 0],
      aheadAt: null,
      recentAt: null,
      deletedAt: null,
      width: 3,
    });
  });

  it('asks of each row whether it is deleted, by a column that need not be read or by a condition, behind all else', () => {
    const marked = planRead(flavour, { ...request, deleted: { kind: 'column', column: created }, window: after });
    expect(marked.sql).toMatch(
      /^SELECT q.id, q.note, q.stamp, CASE .* END, CASE WHEN MARKS\(q.created, timestamp\) THEN 1 ELSE 0 END FROM/,
    );
    expect([marked.deletedAt, marked.width]).toEqual([4, 5]);
    const relation = { kind: 'query', text: 'SELECT * FROM orders' } as const;
    const text = "note = 'gone' -- or so";
    expect(sqlOf({ relation, deleted: { kind: 'condition', sql: text } })).toBe(
      `SELECT q.id, q.note, q.stamp, CASE WHEN (\n${text}\n) THEN 1 ELSE 0 END FROM (\nSELECT * FROM orders\n) q WHERE q.stamp IS NOT NULL ORDER BY q.stamp, q.id`,
    );
  });

  it('reads in the order of the key alone without a cursor', () => {
    expect(sqlOf({ cursor: [], limit: 10 })).toBe('SELECT q.id, q.note, q.stamp FROM shop.orders q ORDER BY q.id LIMIT 10');
    expect(sqlOf({ cursor: [], key: [] })).toBe('SELECT q.id, q.note, q.stamp FROM shop.orders q');
  });

  it('continues a page after its last position', () => {
    expect(whereOf({ page: ['S', '7'] })).toBe('q.stamp IS NOT NULL AND (q.stamp, q.id) > (<1:S:timestamptz>, <2:7:integer>)');
    expect(whereOf({ cursor: [], page: ['7'] })).toBe('q.id > <1:7:integer>');
    expect(whereOf({ cursor: [], key: [id, line], page: ['7', '2'] })).toBe('(q.id, q.line) > (<1:7:integer>, <2:2:integer>)');
  });

  it('writes the comparison out where the database cannot use an index for rows', () => {
    expect(whereOf({ cursor: [], key: [id, line, note], page: ['7', '2', 'x'] }, withoutRows)).toBe(
      'q.id >= <1:7:integer> AND (q.id > <2:7:integer> OR (q.id = <3:7:integer> AND ' +
        '(q.line > <4:2:integer> OR (q.line = <5:2:integer> AND q.note > <6:x:text>))))',
    );
    expect(whereOf({ cursor: [], page: ['7'] }, withoutRows)).toBe('q.id > <1:7:integer>');
  });

  it('meets of the look-back only what is fresh, and what shares the stamp of the mark', () => {
    const fresh = { table: '16384', below: 77n };
    const window = { ...after, floor: 10n, tied: true, fresh };
    const versions: Flavour = {
      ...flavour,
      fresh: (row, { below, table }, bind) => `${row}.x >= ${bind(String(below), 'xid')}:${bind(table, 'oid')}`,
    };
    expect(whereOf({ window }, versions)).toMatch(
      /^q\.stamp >= LEAST\(.*\) AND \(q\.stamp >= <\d:S:timestamptz> OR q\.x >= <\d:77:integer>:<\d:16384:integer>\)$/,
    );
    expect(whereOf({ window })).toBe(whereOf({ window: { ...window, fresh: null } }));
  });

  it('reads in key order what is visible in one snapshot and was not in another', () => {
    const window = { kind: 'snapshot', since: '3:9:3,5', upTo: '5:12:5,10' } as const;
    const number = column('txid', 'integer');
    const read = planRead(flavour, { ...request, cursor: [number], window });
    expect(read.sql).toMatch(
      / WHERE \(q\.txid >= <1:9:integer> OR q\.txid = ANY \(<2:\{3,5\}:array>\)\) AND q\.txid < <3:12:integer> AND q\.txid <> ALL \(<4:\{5,10\}:array>\) ORDER BY q\.id$/,
    );
    expect(read.binds[1]).toMatchObject({ column: { native: 'integer[]' } });
    expect(whereOf({ cursor: [number], window: { ...window, since: null, upTo: '12:12:' } })).toBe('q.txid < <1:12:integer>');
    const relation = { kind: 'query', text: 'SELECT * FROM t WHERE x BETWEEN :since AND :until' } as const;
    expect(sqlOf({ cursor: [number], relation, window })).toContain('x BETWEEN <1:3:integer> AND <2:12:integer>\n');
  });

  it('ends before a stamp, but for what a look-back meets up to the mark', () => {
    expect(whereOf({ below: 50n })).toBe('q.stamp IS NOT NULL AND q.stamp < <1:@50:timestamptz>');
    expect(whereOf({ window: after, below: 50n, sample: 'S' })).toBe(
      '(q.stamp, q.id) > (<3:S:timestamptz>, <4:7:integer>) AND q.stamp < <5:@50~S:timestamptz>',
    );
    const looksBack = whereOf({ window: { ...after, floor: 10n, tied: true }, below: 50n, sample: 'S' });
    expect(looksBack).toMatch(/ AND \(q\.stamp < <\d:@50~S:timestamptz> OR q\.stamp <= <\d:S:timestamptz>\)$/);
    expect(whereOf({ cursor: [], below: 50n, window: { kind: 'nulls' } })).not.toContain('@50');
  });

  it('bounds a query that names :until by the same stamp', () => {
    const relation = { kind: 'query', text: 'SELECT * FROM t WHERE stamp < :until' } as const;
    expect(sqlOf({ relation, window: after, below: 50n })).toContain('stamp < <3:@50:timestamptz>\n');
    expect(sqlOf({ relation, window: { ...after, floor: 10n }, below: 50n })).toContain('stamp < HIGHEST(stamp)');
  });

  it('ends at a position, with and without row comparisons', () => {
    expect(whereOf({ cursor: [], key: [id, line], page: ['1', '2'], until: ['7', '3'] })).toBe(
      '(q.id, q.line) > (<1:1:integer>, <2:2:integer>) AND (q.id, q.line) <= (<3:7:integer>, <4:3:integer>)',
    );
    expect(whereOf({ cursor: [], key: [id, line], until: ['7', '3'] }, withoutRows)).toBe(
      'q.id <= <1:7:integer> AND (q.id < <2:7:integer> OR (q.id = <3:7:integer> AND q.line <= <4:3:integer>))',
    );
    expect(whereOf({ cursor: [], key: [id], until: ['7'] })).toBe('q.id <= <1:7:integer>');
  });

  it('selects an ordering column that is not published, and does not repeat a key that is the cursor', () => {
    const hidden = planRead(flavour, { ...request, columns: [note] });
    expect(hidden.sql).toContain('SELECT q.note, q.stamp, q.id FROM');
    expect(hidden.positionAt).toEqual([1, 2]);
    const same = planRead(flavour, { ...request, cursor: [id] });
    expect(same.sql).toMatch(/ORDER BY q\.id$/);
    expect([same.orderedBy, same.positionAt]).toEqual([['id'], [0]]);
  });

  it('past a mark: nothing again, its ties again, back to a floor, or both', () => {
    const flags = (changes: Partial<ReadRequest>): string => sqlOf({ columns: [id], key: [id], ...changes });
    expect(flags({ window: after })).toBe(
      'SELECT q.id, q.stamp, CASE WHEN (q.stamp, q.id) > (<1:S:timestamptz>, <2:7:integer>) THEN 1 ELSE 0 END ' +
        'FROM shop.orders q WHERE (q.stamp, q.id) > (<3:S:timestamptz>, <4:7:integer>) ORDER BY q.stamp, q.id',
    );
    expect(whereOf({ window: { ...after, tied: true } })).toBe('q.stamp >= <3:S:timestamptz>');
    expect(whereOf({ window: { ...after, floor: 5n } })).toBe(
      'q.stamp >= LEAST(<3:S:timestamptz>, <4:@5~S:timestamptz>) AND ' +
        '(((q.stamp, q.id) > (<5:S:timestamptz>, <6:7:integer>)) OR q.stamp >= <7:@5~S:timestamptz>)',
    );
    expect(whereOf({ window: { ...after, floor: 5n, tied: true } })).toBe('q.stamp >= LEAST(<3:S:timestamptz>, <4:@5~S:timestamptz>)');
  });

  it('flags what is ahead and what is recent, and says where', () => {
    const plan = planRead(flavour, { ...request, window: after, recentFrom: 9n, sample: 'S2' });
    expect(plan.sql).toContain('CASE WHEN q.stamp >= <3:@9~S2:timestamptz> THEN 1 ELSE 0 END FROM');
    expect([plan.aheadAt, plan.recentAt]).toEqual([3, 4]);
    const nulls = planRead(flavour, { ...request, window: { kind: 'nulls' }, recentFrom: 9n });
    expect([nulls.aheadAt, nulls.recentAt]).toEqual([null, null]);
  });

  it('reads the gaps below a mark', () => {
    const gaps = [
      { from: null, to: '3' },
      { from: '5', to: '6' },
    ];
    const plan = planRead(flavour, { ...request, columns: [id], cursor: [id], window: { kind: 'gaps', mark: ['9'], gaps } });
    expect(plan.sql).toBe(
      'SELECT q.id, CASE WHEN q.id > <1:9:integer> THEN 1 ELSE 0 END FROM shop.orders q ' +
        'WHERE (q.id <= <2:3:integer> OR q.id BETWEEN <3:5:integer> AND <4:6:integer> OR q.id > <5:9:integer>) ORDER BY q.id',
    );
    expect(plan.binds).toHaveLength(5);
  });

  it('reads the ids in gaps alone', () => {
    const gaps = [
      { from: null, to: '3' },
      { from: '5', to: '6' },
    ];
    const ids = { ...request, columns: [], key: [], cursor: [id], window: { kind: 'ids', gaps }, recentFrom: null, limit: 250 } as const;
    expect(planRead(flavour, ids).sql).toBe(
      'SELECT q.id FROM shop.orders q WHERE (q.id <= <1:3:integer> OR q.id BETWEEN <2:5:integer> AND <3:6:integer>) ORDER BY q.id LIMIT 250',
    );
  });

  it('reads an index from the lowest gap on, whatever becomes of the OR', () => {
    const gaps = [
      { from: '2', to: '3' },
      { from: '5', to: '6' },
    ];
    const { sql } = planRead(flavour, { ...request, columns: [id], cursor: [id], window: { kind: 'gaps', mark: ['9'], gaps } });
    expect(sql).toContain('WHERE q.id >= <2:2:integer> AND (q.id BETWEEN <3:2:integer> AND <4:3:integer> OR ');
  });

  it('reads a range with its lower end and without its upper', () => {
    expect(whereOf({ window: { kind: 'range', from: 'A', to: 'B' } })).toBe(
      'q.stamp IS NOT NULL AND q.stamp >= <1:A:timestamptz> AND q.stamp < <2:B:timestamptz>',
    );
    expect(whereOf({ window: { kind: 'range', from: null, to: null } })).toBe('q.stamp IS NOT NULL');
  });

  it('reads rows without a cursor in key order', () => {
    expect(sqlOf({ window: { kind: 'nulls' }, page: ['7'] })).toBe(
      'SELECT q.id, q.note, q.stamp FROM shop.orders q WHERE q.stamp IS NULL AND q.id > <1:7:integer> ORDER BY q.id',
    );
  });

  it('takes the first of several cursors that is not NULL, with marks of the widest type', () => {
    const plan = planRead(flavour, { ...request, columns: [id], cursor: [day, created], page: ['S', '7'] });
    expect(plan.sql).toBe(
      'SELECT q.id, COALESCE(q.day, q.created) FROM shop.orders q WHERE COALESCE(q.day, q.created) IS NOT NULL ' +
        'AND (COALESCE(q.day, q.created), q.id) > (<1:S:timestamp>, <2:7:integer>) ORDER BY COALESCE(q.day, q.created), q.id',
    );
    expect(plan.orderedBy).toEqual(['COALESCE(day, created)', 'id']);
  });

  it("puts the user's condition on lines of its own, so that a comment at its end hides nothing", () => {
    expect(sqlOf({ where: 'a = 1 -- why', limit: 5 })).toContain('AND (\na = 1 -- why\n) ORDER BY');
  });

  it('wraps a query, without the semicolon and the comment at its end', () => {
    const relation = { kind: 'query', text: 'SELECT 1 AS id; -- end' } as const;
    expect(sqlOf({ relation, columns: [id], cursor: [] })).toBe('SELECT q.id FROM (\nSELECT 1 AS id\n) q ORDER BY q.id');
  });

  it('binds :since and :until where they stand, in the order of the text', () => {
    const relation = { kind: 'query', text: 'SELECT * FROM o WHERE u < :until AND u >= :since' } as const;
    const from = (changes: Partial<ReadRequest>): string => /FROM o WHERE (.*)/.exec(sqlOf({ relation, ...changes }))?.[1] ?? '';
    expect(from({})).toBe('u < HIGHEST(stamp) AND u >= LOWEST(stamp)');
    expect(from({ cursor: [] })).toBe('u < NULL AND u >= NULL');
    expect(from({ cursor: [day, created] })).toBe('u < HIGHEST(created) AND u >= LOWEST(created)');
    expect(from({ window: { kind: 'range', from: 'A', to: 'B' } })).toBe('u < <1:B:timestamptz> AND u >= <2:A:timestamptz>');
    expect(from({ window: { kind: 'range', from: 'A', to: null } })).toBe('u < HIGHEST(stamp) AND u >= <1:A:timestamptz>');
    // Two binds of the flag come before FROM.
    expect(from({ window: { ...after, floor: 5n, tied: true } })).toBe(
      'u < HIGHEST(stamp) AND u >= LEAST(<3:S:timestamptz>, <4:@5~S:timestamptz>)',
    );
    expect(from({ window: after })).toBe('u < HIGHEST(stamp) AND u >= <3:S:timestamptz>');
  });

  it('gives its binds in the order of their places in the text', () => {
    const relation = { kind: 'query', text: 'SELECT * FROM o WHERE u >= :since' } as const;
    for (const by of [flavour, withoutRows]) {
      for (const window of [after, { ...after, floor: 5n }, { ...after, floor: 5n, tied: true }]) {
        const plan = planRead(by, { ...request, relation, window, page: ['P', '8'], recentFrom: 1n, sample: 'X' });
        const inText = [...plan.sql.matchAll(/<\d+:[^>]*>/g)].map(([place]) => place);
        expect(inText).toEqual(plan.binds.map((bind, at) => printed(bind, at + 1)));
      }
    }
  });
});

describe('planLast', () => {
  it('asks for the ordering columns of the last row', () => {
    expect(planLast(flavour, { ...request, where: 'a' })).toMatchObject({
      sql: 'SELECT q.stamp, q.id FROM shop.orders q WHERE q.stamp IS NOT NULL AND (\na\n) ORDER BY q.stamp DESC, q.id DESC LIMIT 1',
      positionAt: [0, 1],
      orderedBy: ['stamp', 'id'],
    });
  });
});

describe('a read by keys', () => {
  const keys: ReadRequest = { ...request, window: { kind: 'keys' }, recentFrom: null };

  it('is of all rows in key order, whatever their cursor', () => {
    expect(planCondition(flavour, keys).sql).toBe('FROM shop.orders q');
    expect(planRead(flavour, { ...keys, page: ['1'], until: ['9'], limit: 5 }).sql).toMatch(
      /FROM shop\.orders q WHERE q\.id > <1:1:integer> AND q\.id <= <2:9:integer> ORDER BY q\.id LIMIT 5$/,
    );
  });

  it('gives a query that names its bounds the widest ones', () => {
    const relation = { kind: 'query', text: 'SELECT * FROM o WHERE s >= :since AND s < :until' } as const;
    expect(planCondition(flavour, { ...keys, relation }).sql).toBe(
      'FROM (\nSELECT * FROM o WHERE s >= LOWEST(stamp) AND s < HIGHEST(stamp)\n) q',
    );
  });
});

describe('planNth', () => {
  it('walks over the rows before the one that it asks for', () => {
    expect(planNth(flavour, { ...request, page: ['A', '1'], limit: 500 }).sql).toBe(
      'SELECT q.stamp, q.id FROM shop.orders q WHERE q.stamp IS NOT NULL AND (q.stamp, q.id) > (<1:A:timestamptz>, <2:1:integer>) ' +
        'ORDER BY q.stamp, q.id LIMIT 1 OFFSET 499',
    );
  });
});

describe('planCondition', () => {
  it('is FROM and WHERE of the read', () => {
    expect(planCondition(flavour, { ...request, window: { ...after, tied: true } })).toMatchObject({
      sql: 'FROM shop.orders q WHERE q.stamp >= <1:S:timestamptz>',
      binds: [{ kind: 'mark', text: 'S', column: stamp }],
    });
  });
});

describe('describeFrom', () => {
  it('stands :since and :until for by NULL, or by what the database wants', () => {
    const relation = { kind: 'query', text: 'SELECT 1 WHERE a > :since AND b < :until;' } as const;
    expect(describeFrom(flavour, relation)).toBe('(\nSELECT 1 WHERE a > NULL AND b < NULL\n) q');
    expect(describeFrom(flavour, relation, 'NULL::date')).toBe('(\nSELECT 1 WHERE a > NULL::date AND b < NULL::date\n) q');
    expect(describeFrom(flavour, request.relation)).toBe('shop.orders q');
  });
});
