import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../src/config/problem.ts';
import { brief, type Given, parse, problemsOf, sound, withJob } from './support.ts';

const head = 'source: sqlite:shop.db\nsink: stdout\n';

interface Case extends Given {
  readonly of: string;
  readonly text: string;
  readonly finds: readonly string[];
  /** Part of the first problem's message and cure. */
  readonly says?: string;
}

function check({ text, finds, says, env, files }: Case): void {
  const problems = problemsOf(text, { env: env ?? {}, files: files ?? {} });
  expect(problems.map(brief)).toEqual(finds);
  if (says !== undefined) expect(`${problems[0]?.message}. ${problems[0]?.cure}`).toContain(says);
}

const syntax: readonly Case[] = [
  { of: 'an empty file', text: '', finds: ['1:1 LIB102 '], says: 'the file is empty' },
  { of: 'a file of comments', text: '# nothing\n', finds: ['1:1 LIB102 '], says: 'the file is empty' },
  { of: 'a list', text: '- a\n- b\n', finds: ['1:1 LIB102 '], says: 'not a mapping' },
  { of: 'a single word', text: 'jobs', finds: ['1:1 LIB102 '], says: 'not a mapping' },
  { of: 'a tab as indentation', text: `${head}jobs:\n\ta: {table: a}\n`, finds: ['4:1 LIB102 '], says: 'Indent with spaces' },
  { of: 'an open quote', text: 'source: "sqlite:x.db\nsink: stdout\n', finds: ['3:1 LIB102 '], says: 'closing quote' },
  { of: 'a bare colon at the end', text: 'source: sqlite:x.db\nsink: stdout:\njobs: {}\n', finds: ['2:7 LIB102 '], says: '"stdout:"' },
  { of: 'two documents', text: `${head}jobs: {a: {table: a}}\n---\n{}\n`, finds: ['4:1 LIB102 '], says: 'more than one' },
  {
    of: 'a key written twice',
    text: `${head}jobs:\n  a: {table: a}\n  a: {table: b}\n`,
    finds: ['5:3 LIB102 jobs.a'],
    says: 'written twice',
  },
  { of: 'a text beginning with !', text: `${head}jobs: {a: {table: [x, !y]}}\n`, finds: ['3:23 LIB102 '], says: 'in quotes' },
  { of: 'a text beginning with *', text: `${head}jobs: {a: {table: *all}}\n`, finds: ['3:19 LIB102 jobs.a.table'], says: 'in quotes' },
  { of: 'an alias in itself', text: `${head}jobs: &j\n  a: *j\n`, finds: ['4:6 LIB102 jobs.a'], says: 'inside of its own anchor' },
  { of: 'a mapping as key', text: `${head}jobs:\n  ? {a: b}\n  : {table: a}\n`, finds: ['3:1 LIB105 jobs', '4:5 LIB102 jobs'] },
  { of: '__proto__', text: `${head}jobs:\n  a: {table: a}\n  __proto__: {table: b}\n`, finds: ['5:3 LIB104 jobs'] },
  { of: 'a merge of a text', text: `${head}jobs:\n  a: {table: a, <<: x}\n`, finds: ['4:21 LIB102 jobs.a'], says: 'merges' },
];

const shapes: readonly Case[] = [
  {
    of: 'nothing but jobs',
    text: 'jobs: {a: {table: a}}\n',
    finds: ['1:1 LIB105 source', '1:1 LIB105 sink'],
    says: 'source is missing. Add source: postgres://',
  },
  { of: 'no jobs', text: head, finds: ['1:1 LIB105 jobs'] },
  { of: 'an empty jobs', text: `${head}jobs: {}\n`, finds: ['3:1 LIB105 jobs'], says: 'no job' },
  {
    of: 'jobs as a list',
    text: `${head}jobs:\n  - table: a\n`,
    finds: ['4:3 LIB103 jobs'],
    says: 'jobs is a list. Write a mapping of names to jobs',
  },
  { of: 'an unknown top key', text: `${head}job: {}\njobs: {a: {table: a}}\n`, finds: ['3:1 LIB104 job'], says: 'Did you mean jobs?' },
  {
    of: 'a key of a later version',
    text: `${head}metrics: {port: 1}\njobs: {a: {table: a, numbers: string}}\n`,
    finds: ['3:1 LIB104 metrics', '4:22 LIB104 jobs.a.numbers'],
    says: 'not in this version',
  },
  {
    of: 'an unknown key far from any',
    text: withJob('table: a\nzzzzzzz: 1'),
    finds: ['6:5 LIB104 jobs.orders.zzzzzzz'],
    says: 'the keys here are table, query, ',
  },
  {
    of: 'a key of another tool',
    text: withJob('table: a\npoll_interval: 1s'),
    finds: ['6:5 LIB104 jobs.orders.poll_interval'],
    says: 'Did you mean every?',
  },
  { of: 'a job without a value', text: `${head}jobs:\n  a:\n`, finds: ['4:3 LIB103 jobs.a'], says: 'job "a" is empty' },
  { of: 'a job as a text', text: `${head}jobs:\n  a: orders\n`, finds: ['4:6 LIB103 jobs.a'], says: 'job "a" is "orders"' },
  { of: 'a key without a value', text: withJob('table: a\nevery:'), finds: ['6:5 LIB103 jobs.orders.every'], says: 'every is empty' },
  {
    of: 'a name that is no topic',
    text: `${head}jobs:\n  a b: {table: a}\n  /x: {table: b}\n`,
    finds: ['4:3 LIB103 jobs.a b', '5:3 LIB103 jobs.…'],
  },
  {
    of: 'a wrong thing inside of a wrongly named job',
    text: `${head}jobs:\n  a b: {table: a, batch: no}\n`,
    finds: ['4:3 LIB103 jobs.a b', '4:26 LIB103 jobs.a b.batch'],
  },
  {
    of: 'a source that is a list',
    text: 'source: [x]\nsink: stdout\njobs: {a: {table: a}}\n',
    finds: ['1:9 LIB103 source'],
    says: 'or a mapping with url',
  },
  {
    of: 'an object source without url',
    text: 'source: {user: a}\nsink: stdout\njobs: {a: {table: a}}\n',
    finds: ['1:1 LIB105 source.url'],
  },
  {
    of: 'an unknown key of a source',
    text: 'source: {url: sqlite:x, pol: 3}\nsink: stdout\njobs: {a: {table: a}}\n',
    finds: ['1:25 LIB104 source.pol'],
    says: 'pool',
  },
  {
    of: 'wrong values of a source',
    text: 'source:\n  url: sqlite:x\n  pool: 0\n  timezone: Mars\n  statementTimeout: 5\n  session: [1, {}]\nsink: stdout\njobs: {a: {table: a}}\n',
    finds: [
      '3:9 LIB103 source.pool',
      '4:13 LIB103 source.timezone',
      '5:21 LIB103 source.statementTimeout',
      '6:16 LIB103 source.session[1]',
    ],
    says: 'a whole number from 1 to 100',
  },
];

const values: readonly (readonly [string, string])[] = [
  ['every: 10', 'every is 10; expected a duration such as 500ms, 10s, 5m, 1h30m or 1d. Write the unit too: 10s'],
  ['every: 0s', 'more than zero'],
  ['every: soon', 'every is "soon". Write a duration such as'],
  ['every: 30d', 'at most 24d'],
  ['every: [1s]', 'every is a list. Write a duration'],
  ['schedule: "* * *"', 'five or six cron fields'],
  ['schedule: "99 * * * *"', 'Each within its range'],
  ['schedule: "H * * * *"', 'five or six cron fields'],
  ['schedule: "0 0 30 2 *"', 'on some day that exists'],
  ['batch: 0', 'batch is 0. Write a whole number from 1 to 1000000'],
  ['batch: 1000001', 'a whole number from 1 to 1000000'],
  ['batch: 1.5', 'batch is 1.5. Write'],
  ['batch: many', 'batch is "many". Write'],
  ['retries: -1', 'from 0 to 1000'],
  ['enabled: yes', 'enabled is "yes". Write true or false'],
  ['overlap: quue', 'expected one of skip, queue. Did you mean queue?'],
  ['columns: {exclud: [a]}', 'Did you mean exclude?'],
  ['columns: 3', 'a list of column names, or a mapping with include, exclude, cast, rename'],
  ['headers: [a]', 'a mapping of header names to texts'],
  ['topic: "my topic"', 'letters, digits, dots'],
  ['topic: "{tabel}"', '{job}, {source}, {schema}, {table}'],
  ['topic: ..', 'letters, digits, dots'],
  ['key: []', 'key is an empty list. Write at least one element'],
  ['key: ""', 'key is "". Write'],
  ['where: " "', 'Write an SQL condition'],
];

describe('a mistake of the YAML', () => {
  test.each(syntax)('is found: $of', check);
});

describe('a wrong shape', () => {
  test.each(shapes)('is found: $of', check);
  test.each(values)('is found: %s', (line, says) => {
    const key = line.slice(0, line.indexOf(':'));
    const problems = problemsOf(withJob(`table: a\n${line}`));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path.startsWith(`jobs.orders.${key}`)).toBe(true);
    expect([problems[0]?.line, problems[0]?.code.slice(0, 5)]).toEqual([6, 'LIB10']);
    expect(`${problems[0]?.message}. ${problems[0]?.cure}`).toContain(says);
  });
});

describe('a variable', () => {
  test('that is not set is found at its scalar, each of them, and nothing follows from it', () => {
    const text = 'source: ${DB}\nsinks: {k: {brokers: ["${B}", x]}}\njobs:\n  a: {table: "${T}", cursor: c, every: "${E}"}\n';
    expect(problemsOf(text).map(brief)).toEqual([
      '1:9 LIB106 source',
      '2:23 LIB106 sinks.k.brokers[0]',
      '4:14 LIB106 jobs.a.table',
      '4:40 LIB106 jobs.a.every',
    ]);
  });

  test('whose file cannot be read is found', () => {
    const problems = problemsOf(withJob('table: a\nwhere: ${file:no/such}'));
    expect(problems.map(brief)).toEqual(['6:12 LIB107 jobs.orders.where']);
    expect(problems[0]?.message).toBe('job "orders": where uses ${file:no/such}, which cannot be read: it does not exist');
  });

  test('that is malformed is found', () => {
    expect(problemsOf(withJob('table: a\nwhere: x = ${a b}')).map(brief)).toEqual(['6:12 LIB103 jobs.orders.where']);
  });

  test('gives numbers, booleans and words to keys of that type', () => {
    const text = withJob('table: a\ncursor: c\nbatch: ${N}\nenabled: ${B}\nnulls: ${W}\nlookback: ${D}');
    const [job] = sound(text, { env: { N: '500', B: 'False', W: 'include', D: '5m' } }).jobs;
    expect(job).toMatchObject({ batch: 500, enabled: false, nulls: 'include', lookback: 300_000 });
  });

  test('with a wrong value is named, and its value is not', () => {
    const [problem] = problemsOf(withJob('table: a\nbatch: ${N:-hidden}'), { env: { N: 'abc' } });
    expect(problem?.message).toBe('job "orders": batch is the value of ${N}');
  });
});

test('ten mistakes in one file are ten problems, in the order of the file', () => {
  const text = `source: postgres://shop@db/shop
sinks:
  k: { brokers: "a:9092", acks: leader, idempotent: true, compresion: lz4 }
defaults: { retires: 4 }
jobs:
  customers: { table: customers, cursor: updated_at, evry: 10s, batch: 0 }
  payments:  { table: payments, query: select 1, cursor: id }
  summary:   { query: nope.sql, key: id, timezone: UTC }
  stock:     { table: stock, mode: timestamp, sink: kk }
`;
  expect(problemsOf(text).map(brief)).toEqual([
    '3:53 LIB108 sinks.k.idempotent',
    '3:59 LIB104 sinks.k.compresion',
    '4:13 LIB104 defaults.retires',
    '6:54 LIB104 jobs.customers.evry',
    '6:72 LIB103 jobs.customers.batch',
    '7:40 LIB108 jobs.payments.query',
    '8:23 LIB101 jobs.summary.query',
    '8:52 LIB108 jobs.summary.timezone',
    '9:3 LIB105 jobs.stock.cursor',
    '9:53 LIB103 jobs.stock.sink',
  ]);
});

test('a problem is printed with place, code, what was found and the cure', () => {
  const [problem] = problemsOf(withJob('table: a\nevery: 10'));
  expect(problem && formatProblem(problem)).toBe(
    '/app/jobs.yaml:6:12: LIB103 job "orders": every is 10; expected a duration such as 500ms, 10s, 5m, 1h30m or 1d. Write the unit too: 10s for seconds.',
  );
});

describe('YAML that is right', () => {
  test('may use anchors, aliases and merge keys; what stands in the mapping itself wins', () => {
    const text = `${head}defaults: &d {cursor: id, batch: 7}\njobs:\n  a: &a {table: a, <<: *d, batch: 9}\n  b: {<<: [*a], table: b}\n  c: *a\n`;
    const result = parse(text.replace('c: *a', 'c: {<<: *a, topic: c}'));
    expect(result.ok && result.config.jobs.map(({ what, batch, cursor }) => [what, batch, cursor])).toEqual([
      [{ kind: 'tables', include: ['a'], exclude: [] }, 9, ['id']],
      [{ kind: 'tables', include: ['b'], exclude: [] }, 9, ['id']],
      [{ kind: 'tables', include: ['a'], exclude: [] }, 9, ['id']],
    ]);
  });

  test.each([
    ['9223372036854775807', '9223372036854775807'],
    ['12345678901234567890123', '12345678901234567890123'],
    ['1.50', '1.50'],
    ['007', '007'],
    ['0x1F', '0x1F'],
    ['1e3', '1e3'],
    ['2026-01-01', '2026-01-01'],
    ['2026-01-01T10:00:00.123456Z', '2026-01-01T10:00:00.123456Z'],
    ['"12"', '12'],
    ['100000', '100000'],
    ['True', 'True'],
  ])('keeps the exact text of from: %s', (written, value) => {
    const [job] = sound(withJob(`table: a\ncursor: c\ninitial: {from: ${written}}`)).jobs;
    expect(job?.initial).toEqual({ kind: 'from', value });
  });

  test('names like those of every object are names like any other', () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    const text = `${head}jobs:\n${names.map((name) => `  ${name}: {table: ${name}}`).join('\n')}\n`;
    expect(sound(text).jobs.map(({ name }) => name)).toEqual(names);
  });
});

test('brackets without end and aliases of aliases are refused, not followed', () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]', ...[1, 2, 3, 4, 5, 6, 7].map((n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(10)}]`)].join(
    '\n',
  );
  expect(problemsOf(bomb).map(brief)).toEqual(['1:1 LIB102 ']);
  expect(problemsOf(`${'['.repeat(20_000)}`)[0]?.code).toBe('LIB102');
  expect(problemsOf(`a: ${'{a: '.repeat(20_000)}`)[0]?.code).toBe('LIB102');
});
