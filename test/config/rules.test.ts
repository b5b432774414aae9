import { describe, expect, test } from 'vitest';
import { brief, type Given, parse, problemsOf, sound, withJob } from './support.ts';

test('reconcile is taken with a cursor, and warned of where the job is bulk', () => {
  const warned = (job: string): readonly string[] => parse(withJob(job)).warnings.map(({ message }) => message);
  expect(warned('table: a\ncursor: u\nreconcile: 1h')).toEqual([]);
  expect(warned('table: a\nreconcile: 1h').join()).toContain('the job is bulk');
});

const files = { '/app/q.sql': '-- the totals\nSELECT 1 WHERE x > :since', '/app/words.sql': 'order_summary' };

/** The job's lines, and what is found: `LIBnnn key`, and words of the message. */
const cases: readonly (readonly [string, readonly string[]] | readonly [string, readonly string[], string])[] = [
  ['cursor: id', ['LIB105 jobs.orders'], 'neither table nor query'],
  ['table: a\nquery: SELECT 1', ['LIB108 jobs.orders.query'], 'Keep table or query'],
  ['table: ["!a", "!b"]', ['LIB103 jobs.orders.table'], 'only leaves tables out'],
  ['query: SELECT 1', []],
  ['query: SELECT 1\ncursor: id', ['LIB105 jobs.orders.key'], 'identify a row of the query'],
  ['query: SELECT 1\ncursor: id\nkey: id', []],
  ['query: q.sql\nkey: id\ncursor: u', []],
  ['table: a\ndeleted: gone_at', []],
  ['table: a\nonBadRow: deadletter\ndeadLetterTopic: "{table}.bad"', []],
  ['table: a\nonBadRow: skip', ['LIB103 jobs.orders.onBadRow']],
  ['table: a\nonBadRow: deadletter\ndeadLetterTopic: orders', ['LIB108 jobs.orders.deadLetterTopic'], 'is the topic of job "orders"'],
  ['query: SELECT 1\ndeleted: "x = 1"', ['LIB105 jobs.orders.key'], 'for its tombstone'],
  ['query: SELECT 1\nkey: id\ndeleted: "x = 1"', []],
  ['query: SELECT 1\ncursor: u\ndeleted: "x = 1"', ['LIB105 jobs.orders.key'], 'identify a row of the query'],
  ['query: q.sql\nkey: id', ['LIB108 jobs.orders.query'], 'names :since, and the job has no cursor'],
  ['query: "SELECT \':since\' -- :until"', []],
  ['query: no.sql\nkey: id', ['LIB101 jobs.orders.query'], 'it does not exist'],
  ['query: words.sql\nkey: id', ['LIB103 jobs.orders.query'], 'Let the file begin with SELECT or WITH'],
  ['query: order_summary\nkey: id', ['LIB103 jobs.orders.query'], 'a path that ends in .sql'],
  ['query: "/* c */ (with x as (select 1) select * from x)"', []],
  ['table: a\nmode: timestamp', ['LIB105 jobs.orders.cursor'], 'the column that mode timestamp goes by'],
  ['table: a\nmode: incrementing', ['LIB105 jobs.orders.cursor']],
  ['table: a\nmode: timestamp+incrementing\nincrement: id', ['LIB105 jobs.orders.cursor']],
  ['table: a\nmode: bulk\ncursor: u', ['LIB108 jobs.orders.cursor'], 'mode is bulk'],
  ['table: a\nmode: incrementing\ncursor: [a, b]', ['LIB108 jobs.orders.cursor'], 'Name one column'],
  ['table: a\nmode: timestamp\ncursor: [a, b]', []],
  ['table: a\ncursor: u\nincrement: id', ['LIB108 jobs.orders.increment'], 'Add mode: timestamp+incrementing'],
  ['table: a\ncursor: u\nincrement: id\nmode: timestamp', ['LIB108 jobs.orders.increment']],
  ['table: a\ncursor: u\nincrement: id\nmode: timestamp+incrementing', []],
  ['table: a\ninitial: skip', ['LIB108 jobs.orders.initial'], 'the job has no cursor'],
  ['table: a\norder: strict', ['LIB108 jobs.orders.order']],
  ['table: a\ncursor: c\nmode: incrementing\norder: strict', ['LIB108 jobs.orders.order']],
  ['table: a\ncursor: c\nnulls: include\norder: strict', ['LIB108 jobs.orders.order']],
  ['table: a\nlookback: 1m\nnulls: include', ['LIB108 jobs.orders.lookback', 'LIB108 jobs.orders.nulls']],
  ['table: a\ncursor: id\nkey: [id, x]\nnulls: include', ['LIB108 jobs.orders.nulls'], 'never NULL'],
  ['table: a\nevery: 1s\nschedule: "* * * * *"', ['LIB108 jobs.orders.schedule'], 'Keep every or schedule'],
  ['table: a\ntimezone: UTC', ['LIB108 jobs.orders.timezone'], 'the job has no schedule'],
  ['table: a\nwake: true', []],
  ['table: a\nwake: false\nschedule: "* * * * *"', []],
  ['table: a\nwake: true\nschedule: "* * * * *"', ['LIB108 jobs.orders.wake'], 'Keep wake, with every, or keep schedule'],
  ['table: a\nwake: orders_changed', ['LIB108 jobs.orders.wake'], 'Write wake: true'],
  ['table: a\nwake: ""', ['LIB103 jobs.orders.wake']],
  ['table: [a, b]\ntopic: all', ['LIB108 jobs.orders.topic'], 'Put {table} into it'],
  ['table: "a_*"\ntopic: all', ['LIB108 jobs.orders.topic']],
  ['table: "a_*"\ntopic: all.{table}', []],
  ['table: [a, "!b"]\ntopic: all', []],
  ['query: SELECT 1\ntopic: x.{table}', ['LIB108 jobs.orders.topic'], 'a query has none'],
  ['table: a\nkey: [x, y, x]', ['LIB108 jobs.orders.key'], 'twice'],
  ['table: a\ncolumns: {include: [a], exclude: [a]}', ['LIB108 jobs.orders.columns.exclude']],
  ['table: a\ncolumns: {exclude: [a], rename: {a: b}}', ['LIB108 jobs.orders.columns.rename.a']],
  ['table: a\ncolumns: {rename: {a: x, b: x}}', ['LIB108 jobs.orders.columns.rename'], 'one name'],
  ['table: a\nsource: other', ['LIB103 jobs.orders.source'], 'source is "other". Write one of default'],
  ['table: a\nsink: defualt', ['LIB103 jobs.orders.sink'], 'Did you mean default?'],
  // What has a problem already brings no second one.
  ['query: SELECT 1\ncursor: [1, {}]\nkey: 3', ['LIB103 jobs.orders.cursor[1]']],
  ['table: {}\ntopic: 1', ['LIB103 jobs.orders.table']],
  ['table: a\nmode: timestmp\nincrement: id\ncursor: u', ['LIB103 jobs.orders.mode']],
  ['table: a\nschedule: x\ntimezone: UTC', ['LIB103 jobs.orders.schedule']],
];

describe('keys that contradict each other', () => {
  test.each(cases.map(([lines, finds, says]) => ({ lines, finds, says })))('$lines', ({ lines, finds, says }) => {
    const problems = problemsOf(withJob(lines), { files });
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual(finds);
    if (says !== undefined) expect(`${problems[0]?.message}. ${problems[0]?.cure}`).toContain(says);
  });
});

const whole: readonly (readonly [string, string, readonly string[]])[] = [
  ['source and sources', 'source: sqlite:x\nsources: {a: sqlite:y}\nsink: stdout\njobs: {a: {table: a}}\n', ['2:10 LIB108 sources']],
  ['sources without any', 'sources: {}\nsink: stdout\njobs: {a: {table: a}}\n', ['1:1 LIB105 sources']],
  [
    'several sources and a job that names none',
    'sources: {a: sqlite:x, b: sqlite:y}\nsink: stdout\njobs: {a: {table: a}}\n',
    ['3:8 LIB105 jobs.a.source'],
  ],
  [
    'a job that names an unknown source',
    'sources: {shop: sqlite:x, b: sqlite:y}\nsink: stdout\njobs: {a: {table: a, source: shpo}}\n',
    ['3:30 LIB103 jobs.a.source'],
  ],
  [
    'an unknown sink in defaults, once',
    'source: sqlite:x\nsink: stdout\ndefaults: {sink: y}\njobs: {a: {table: a}, b: {table: b}}\n',
    ['3:18 LIB103 defaults.sink'],
  ],
  [
    'a source that is wrong is still a source',
    'sources: {a: x, b: sqlite:y}\nsink: stdout\njobs: {a: {table: a, source: a}}\n',
    ['1:14 LIB103 sources.a'],
  ],
  [
    'two jobs in one topic',
    'source: sqlite:x\nsink: stdout\njobs:\n  a: {table: s.t, topic: "x.{schema}.{table}"}\n  b: {table: b, topic: x.s.t}\n',
    ['5:24 LIB108 jobs.b.topic'],
  ],
  [
    'a job in the topic that is another one by default',
    'source: sqlite:x\nsink: stdout\njobs:\n  a: {table: t, topic: b}\n  b: {query: SELECT 1}\n',
    ['5:3 LIB108 jobs.b.topic'],
  ],
  [
    'the state in the file of the source',
    'source: sqlite:./x.db\nsink: stdout\nstate: sqlite:x.db\njobs: {a: {table: a}}\n',
    ['3:8 LIB108 state'],
  ],
  [
    'idempotent with acks: leader',
    'source: sqlite:x\nsink: {brokers: a, acks: leader, idempotent: yes please}\njobs: {a: {table: a}}\n',
    ['2:46 LIB103 sink.idempotent'],
  ],
  [
    'table or query in defaults',
    'source: sqlite:x\nsink: stdout\ndefaults: {table: x}\njobs: {a: {table: a}}\n',
    ['3:12 LIB104 defaults.table'],
  ],
];

describe('places that contradict each other', () => {
  test.each(whole)('%s', (_, text, finds) => {
    expect(problemsOf(text).map(brief)).toEqual(finds);
  });
});

describe('jobs may share a topic', () => {
  test.each([
    [
      'in different sinks',
      'sinks: {k: stdout, n: "ndjson:out"}\njobs:\n  a: {table: a, topic: x, sink: k}\n  b: {table: b, topic: x, sink: n}\n',
    ],
    ['when one of them is disabled', 'sink: stdout\njobs:\n  a: {table: a, topic: x, enabled: false}\n  b: {table: b, topic: x}\n'],
  ])('%s', (_, text) => {
    expect(problemsOf(`source: sqlite:x\n${text}`)).toEqual([]);
  });
});

describe('a format that names its schema by a number', () => {
  const fileOf = (sink: string, job: string, defaults = ''): string =>
    `source: sqlite:x\nsink: ${sink}\n${defaults}jobs:\n  orders: { table: a, ${job} }\n`;
  const bare = '{brokers: a}';
  const registered = '{brokers: a, registry: "http://r"}';

  test.each([
    [registered, 'format: avro'],
    [registered, 'format: protobuf, keyFormat: string'],
    [bare, 'format: connect, keyFormat: string'],
    ['ndjson:out', 'format: connect'],
  ])('%s takes %s', (sink, written) => {
    expect(problemsOf(fileOf(sink, written))).toEqual([]);
  });

  test.each([
    [bare, 'format: avro', 'jobs.orders.format', 'has no registry'],
    [bare, 'keyFormat: json-schema', 'jobs.orders.keyFormat', 'Add registry: URL'],
    ['ndjson:out', 'format: protobuf', 'jobs.orders.format', 'whose lines are JSON'],
    ['stdout', 'keyFormat: string', 'jobs.orders.keyFormat', 'Leave keyFormat out'],
  ])('%s refuses %s', (sink, written, at, says) => {
    const [problem, ...others] = problemsOf(fileOf(sink, written));
    expect([problem?.code, problem?.path, others]).toEqual(['LIB108', at, []]);
    expect(`${problem?.message} ${problem?.cure}`).toContain(says);
  });

  test('is told where `defaults` has it', () => {
    expect(problemsOf(fileOf(bare, 'cursor: c', 'defaults: { format: avro }\n')).map(({ path }) => path)).toEqual(['defaults.format']);
  });
});

describe('defaults', () => {
  const jobOf = (defaults: string, job: string, given: Given = {}) =>
    sound(`source: sqlite:x\nsink: stdout\ndefaults: {${defaults}}\njobs: {a: {table: a, ${job}}}\n`, given).jobs[0];

  test('stand where the job says nothing', () => {
    expect(jobOf('every: 30s, batch: 5, cursor: u, nulls: include', 'batch: 6')).toMatchObject({
      cadence: { kind: 'every', ms: 30_000 },
      batch: 6,
      cursor: ['u'],
      nulls: 'include',
    });
  });

  test('give way to the opposite in the job', () => {
    const cron = { kind: 'cron', expression: '0 * * * *', timezone: 'Europe/Berlin' };
    expect(jobOf('every: 30s, timezone: Europe/Berlin', 'schedule: "0 * * * *"')).toMatchObject({ cadence: cron });
    expect(jobOf('schedule: "0 * * * *", timezone: Europe/Berlin', 'every: 1s')).toMatchObject({ cadence: { kind: 'every', ms: 1000 } });
    expect(jobOf('cursor: u, initial: skip, nulls: include, lookback: 1m', 'mode: bulk')).toMatchObject({
      mode: 'bulk',
      cursor: [],
      initial: { kind: 'bulk' },
      nulls: 'error',
      lookback: null,
    });
    expect(jobOf('mode: timestamp+incrementing, increment: i, cursor: u', 'mode: timestamp')).toMatchObject({ increment: null });
    expect(jobOf('initial: skip, timezone: UTC', 'retries: 1')).toMatchObject({ initial: { kind: 'bulk' } });
  });

  test('are told once when they are wrong', () => {
    const text =
      'source: sqlite:x\nsink: stdout\ndefaults: {every: 1s, schedule: "* * * * *", batch: x}\njobs: {a: {table: a}, b: {table: b}}\n';
    expect(problemsOf(text).map(brief)).toEqual(['3:33 LIB108 defaults.schedule', '3:53 LIB103 defaults.batch']);
  });
});

test('without a topic, one table and a query are named by the job, several tables by themselves', () => {
  const topics = sound(
    'source: sqlite:x\nsink: stdout\njobs: {a: {table: shop.orders}, b: {query: SELECT 1}, c: {table: "shop.*"}, d: {table: [x, y]}, e: {table: [x, "!y"]}}\n',
  ).jobs.map(({ topic }) => topic);
  expect(topics).toEqual(['{job}', '{job}', '{schema}.{table}', '{schema}.{table}', '{job}']);
});

test('a source or sink that no job uses is worth a warning', () => {
  const result = parse('sources: {a: sqlite:x, b: sqlite:y}\nsink: stdout\njobs: {j: {table: t, source: a}}\n');
  expect(result.ok).toBe(true);
  expect(result.warnings.map(({ at, message }) => [at, message])).toEqual([['/app/jobs.yaml:1:27', 'source "b" is used by no job']]);
});

describe('the hints that a database can give', () => {
  const fileOf = (source: string, wake: string, defaults = ''): string =>
    `source: ${source}\nsink: ndjson:out\n${defaults}jobs:\n  orders: { table: a, cursor: c${wake} }\n`;

  test('are a channel of PostgreSQL, by its exact name', () => {
    expect(sound(fileOf('postgres://db/shop', ', wake: Orders changed')).jobs[0]?.wake).toEqual({
      kind: 'channel',
      channel: 'Orders changed',
    });
    const [problem] = problemsOf(fileOf('postgres://db/shop', ', wake: true'));
    expect([problem?.code, problem?.cure]).toEqual(['LIB108', 'Name the channel: wake: orders_changed.']);
    expect(problemsOf(fileOf('postgres://db/shop', `, wake: ${'ä'.repeat(32)}`))[0]?.cure).toContain('of at most 63 bytes');
  });

  test.each(['mysql://db/shop', 'mariadb://db/shop'])('are none in %s, and every is named as the way', (source) => {
    for (const wake of ['true', 'orders_changed']) {
      const [problem] = problemsOf(fileOf(source, `, wake: ${wake}`));
      expect([problem?.code, problem?.path]).toEqual(['LIB108', 'jobs.orders.wake']);
      expect(problem?.cure).toContain('shorter every');
    }
  });

  test('of the defaults give way to what a job says itself, and are blamed where they stand', () => {
    const inherited = 'defaults: { wake: true }\n';
    expect(sound(fileOf('sqlite:a.db', '', inherited)).jobs[0]?.wake).toEqual({ kind: 'file' });
    expect(sound(fileOf('sqlite:a.db', ', wake: false', inherited)).jobs[0]?.wake).toBeNull();
    expect(sound(fileOf('sqlite:a.db', ', schedule: "* * * * *"', inherited)).jobs[0]?.wake).toBeNull();
    expect(problemsOf(fileOf('mysql://db/a', '', inherited))[0]?.path).toBe('defaults.wake');
  });
});
