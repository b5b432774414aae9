import { describe, expect, test } from 'vitest';
import type { SinkConfig } from '../../src/sink/sink-config.ts';
import type { SourceConfig } from '../../src/source/source-config.ts';
import type { StateConfig } from '../../src/state/state-config.ts';
import { type Given, parse, problemsOf, sound } from './support.ts';

const jobs = 'jobs: {a: {table: a}}\n';
const quoted = (value: string): string => (value.startsWith('{') ? value : JSON.stringify(value));
const sourceOf = (value: string, given: Given = {}): SourceConfig | undefined =>
  sound(`source: ${quoted(value)}\nsink: stdout\n${jobs}`, given).sources['default'];
const sinkOf = (value: string, given: Given = {}): SinkConfig | undefined =>
  sound(`source: sqlite:x\nsink: ${quoted(value)}\n${jobs}`, given).sinks['default'];
const stateOf = (value: string): StateConfig => sound(`source: sqlite:x\nsink: stdout\nstate: ${quoted(value)}\n${jobs}`).state;

const verified = { ca: null, cert: null, key: null, servername: null, verify: true };

describe('a source URL', () => {
  test.each<[string, Partial<SourceConfig>]>([
    ['postgres://db/shop', { kind: 'postgres', url: 'postgres://db/shop', user: null, password: null, tls: null }],
    ['postgresql://me@db:5433/shop', { kind: 'postgres', url: 'postgres://db:5433/shop', user: 'me' }],
    ['mysql://me:pw@db/shop', { kind: 'mysql', url: 'mysql://db/shop', user: 'me', password: 'pw' }],
    ['mariadb://db/shop', { kind: 'mysql', url: 'mysql://db/shop' }],
    ['POSTGRES://db/shop', { kind: 'postgres' }],
    ['postgres://a%40b:p%2Fq%3A%25@db/shop', { user: 'a@b', password: 'p/q:%', url: 'postgres://db/shop' }],
    ['postgres://u:a:b@c@db/shop', { user: 'u', password: 'a:b@c', url: 'postgres://db/shop' }],
    ['postgres://[::1]:5432/shop', { url: 'postgres://[::1]:5432/shop' }],
    ['postgres://me@/shop?host=/run/postgresql', { url: 'postgres:///shop?host=%2Frun%2Fpostgresql', user: 'me' }],
    ['mysql://me@localhost/shop?socketPath=/run/my.sock', { url: 'mysql://localhost/shop?socketPath=%2Frun%2Fmy.sock' }],
    ['postgres://db/shop?sslmode=disable', { tls: null, url: 'postgres://db/shop' }],
    ['postgres://db/shop?sslmode=require', { tls: { ...verified, verify: false } }],
    ['postgres://db/shop?sslmode=verify-full', { tls: verified, url: 'postgres://db/shop' }],
    ['mysql://db/shop?ssl=true', { tls: verified }],
    ['mysql://db/shop?ssl-mode=REQUIRED', { tls: { ...verified, verify: false } }],
    ['mysql://db/shop?ssl-mode=VERIFY_IDENTITY', { tls: verified }],
    ['sqlite:shop.db', { kind: 'sqlite', url: '/app/shop.db' }],
    ['sqlite:../x.db', { url: '/x.db' }],
    ['sqlite:/var/x.db', { url: '/var/x.db' }],
    ['sqlite:///var/x.db', { url: '/var/x.db' }],
  ])('%s', (url, config) => {
    expect(sourceOf(url)).toMatchObject(config);
  });

  test.each([
    ['oracle://db/shop', 'postgres://user@host/database'],
    ['db/shop', 'postgres://user@host/database'],
    ['postgres:db/shop', 'two slashes'],
    ['postgres://db', 'name of the database'],
    ['postgres://db/', 'name of the database'],
    ['postgres://db/a/b', 'name of the database'],
    ['postgres:///shop', 'one host'],
    ['postgres://a,b/shop', 'one host'],
    ['postgres://db:99999/shop', 'one host'],
    ['postgres://u:hidden/x@db/shop', '%2F for /'],
    ['postgres://u:hidden?x@db/shop', '%2F for /'],
    ['postgres://u:hidden#x@db/shop', '%23 for #'],
    ['postgres://u:12/hidden@db/shop', '%2F for /'],
    ['postgres://u:hidden%@db/shop', '%25 for %'],
    ['postgres://u:hidden x@db/shop', 'percent-encoded'],
    ['postgres://u:hidden@db/shop?sslmode=prefer', 'sslmode=disable, require or verify-full'],
    ['postgres://u:hidden@db/shop?schema=x', 'Of what stands after ?'],
    ['sqlite:', 'path of a file'],
    ['sqlite::memory:', 'path of a file'],
    ['sqlite:x.db?mode=ro', 'without parameters'],
  ])('%s is refused without being shown', (url, says) => {
    const [problem, ...others] = problemsOf(`source: ${quoted(url)}\nsink: stdout\n${jobs}`);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: 'LIB103', line: 1, column: 9, path: 'source' });
    expect(`${problem?.message}. ${problem?.cure}`).toContain(says);
    expect(JSON.stringify(problem)).not.toContain('hidden');
  });
});

describe('a source as a mapping', () => {
  test('has keys for everything', () => {
    const text =
      "{url: postgres://db/shop, user: me, password: '${PW}', tls: {ca: ca.pem, verify: false, servername: x}, pool: 2, timezone: Europe/Berlin, statementTimeout: 30s, session: SET a = 1}";
    const pem = '-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n';
    expect(sourceOf(text, { env: { PW: 'p%41/@' }, files: { '/app/ca.pem': pem } })).toEqual({
      name: 'default',
      kind: 'postgres',
      url: 'postgres://db/shop',
      user: 'me',
      password: 'p%41/@',
      tls: { ca: pem, cert: null, key: null, servername: 'x', verify: false },
      pool: 2,
      timezone: 'Europe/Berlin',
      statementTimeout: 30_000,
      session: ['SET a = 1'],
    });
  });

  test.each([
    ['{url: "postgres://u:p@db/s", user: x}', 'LIB108 source.user'],
    ['{url: "postgres://u:p@db/s", password: x}', 'LIB108 source.password'],
    ['{url: "postgres://db/s?sslmode=require", tls: true}', 'LIB108 source.tls'],
    ['{url: "sqlite:x.db", user: x}', 'LIB108 source.user'],
    ['{url: "postgres://db/s", tls: {cert: c.pem}}', 'LIB105 source.tls.key'],
    ['{url: "postgres://db/s", tls: {ca: no.pem}}', 'LIB107 source.tls.ca'],
    ['{url: "postgres://db/s", tls: {ca: der.pem}}', 'LIB103 source.tls.ca'],
    ['{url: "postgres://db/s", tls: maybe}', 'LIB103 source.tls'],
    ['{url: "postgres://db/s", tls: {cipher: x}}', 'LIB104 source.tls.cipher'],
    ['{url: "postgres://db/s", password: [x]}', 'LIB103 source.password'],
  ])('%s: %s', (value, finds) => {
    const given = { files: { '/app/c.pem': '-----BEGIN CERTIFICATE-----', '/app/der.pem': '0\u0001' } };
    const problems = problemsOf(`source: ${value}\nsink: stdout\n${jobs}`, given);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([finds]);
  });
});

describe('a sink', () => {
  test.each<[string, object]>([
    ['kafka://h1:9093,h2', { kind: 'kafka', brokers: ['h1:9093', 'h2:9092'] }],
    ['kafka://h1/', { brokers: ['h1:9092'] }],
    ['ndjson:out/x', { kind: 'ndjson', directory: '/app/out/x' }],
    ['ndjson:///var/out', { directory: '/var/out' }],
    ['stdout', { kind: 'stdout' }],
    ['stdout:', { kind: 'stdout' }],
    ['{brokers: [a, "b:1"]}', { brokers: ['a:9092', 'b:1'] }],
    ['{brokers: "a,b:1"}', { brokers: ['a:9092', 'b:1'] }],
    ['{brokers: a}', { client: 'native', acks: 'all', idempotent: true }],
    ['{brokers: a, client: kafkajs}', { client: 'kafkajs', acks: 'all', idempotent: false }],
    ['{brokers: a, acks: leader}', { acks: 'leader', idempotent: false }],
  ])('%s', (value, config) => {
    expect(sinkOf(value)).toMatchObject(config);
  });

  test.each<[string, object | null]>([
    ['http://r:8081', { url: 'http://r:8081', login: null, tls: null, register: true, subjects: 'topic', deadline: 10_000 }],
    ['https://me:p%40ss@r/a/b/', { url: 'https://r/a/b', login: { kind: 'basic', user: 'me', password: 'p@ss' } }],
    ['{url: "https://r", token: t0ken}', { login: { kind: 'bearer', token: 't0ken' } }],
    ['{url: "https://me@r", password: pass}', { login: { kind: 'basic', user: 'me', password: 'pass' } }],
  ])('of Kafka may have the registry %s', (registry, config) => {
    const given = sinkOf(`{brokers: a, registry: ${registry}}`);
    expect(given).toMatchObject({ registry: config, schemaTopic: 'liberate.schemas' });
  });

  test('of Kafka may keep no schemas', () => {
    expect(sinkOf('{brokers: a, schemaTopic: none}')).toMatchObject({ schemaTopic: null, registry: null });
  });

  test.each([
    ['ftp://r', 'http://host:8081'],
    ['r:8081', 'http://host:8081'],
    ['"https://r?token=hidden"', 'without parameters'],
    ['"https://u:%hidden@r"', '%25 for %'],
    ['{url: "https://r", token: hidden, user: u}', 'Keep token, or user and password'],
    ['{url: "https://u:hidden@r", password: hidden}', 'the URL says it too'],
    ['{url: "https://r", password: hidden}', 'user is missing'],
    ['{url: "http://r", tls: true}', 'the URL is http'],
    ['{url: "https://r", subjects: name}', 'one of topic, record, topic-record'],
  ])('refuses the registry %s', (registry, says) => {
    const [problem, ...others] = problemsOf(`source: sqlite:x\nsink: {brokers: a, registry: ${registry}}\n${jobs}`);
    expect([`${problem?.message} ${problem?.cure}`, others]).toEqual([expect.stringContaining(says), []]);
    expect(JSON.stringify(problem)).not.toContain('hidden');
  });

  test('of Kafka has keys for everything', () => {
    const text =
      "{brokers: a, clientId: me, client: kafkajs, tls: true, sasl: {mechanism: scram-sha-512, username: u, password: '${PW}'}, acks: all, compression: zstd, idempotent: true, deadline: 1m, topicDefaults: {partitions: 6, replication: 3, create: false, retention.ms: 604800000, cleanup.policy: compact}, schemaTopic: shop.schemas, registry: {url: 'https://r:8081/api/', user: me, password: '${PW}', tls: {servername: x}, register: false, subjects: record, deadline: 5s}}";
    expect(sinkOf(text, { env: { PW: 'secret' } })).toEqual({
      kind: 'kafka',
      name: 'default',
      brokers: ['a:9092'],
      clientId: 'me',
      client: 'kafkajs',
      tls: verified,
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'secret' },
      acks: 'all',
      compression: 'zstd',
      idempotent: true,
      deadline: 60_000,
      topicDefaults: { partitions: 6, replication: 3, create: false, config: { 'retention.ms': '604800000', 'cleanup.policy': 'compact' } },
      schemaTopic: 'shop.schemas',
      registry: {
        url: 'https://r:8081/api',
        login: { kind: 'basic', user: 'me', password: 'secret' },
        tls: { ...verified, servername: 'x' },
        register: false,
        subjects: 'record',
        deadline: 5000,
      },
    });
  });

  test.each([
    ['kafka:h1', 'kafka:// with two slashes'],
    ['kafka://u:hidden@h1', 'under the key `sasl:`'],
    ['kafka://', 'brokers such as'],
    ['kafka://a b', 'brokers such as'],
    ['kafka://a:0', 'brokers such as'],
    ['ndjson:', 'ndjson: and a folder'],
    ['stdout:x', 'nothing behind it'],
    ['rabbit://x', 'kafka://host:9092'],
    ['{brokers: []}', 'at least one broker'],
    ['{acks: all}', 'brokers is missing'],
    ['{brokers: a, topicDefaults: {retention: 1}}', 'topicDefaults.retention is an unknown key'],
    ['{brokers: a, topicDefaults: {partitions: 0}}', 'partitions is 0'],
    ['{brokers: a, sasl: {mechanism: SCRAM-SHA-512, username: u, password: hidden}}', 'Did you mean scram-sha-512?'],
    ['{brokers: a, sasl: {mechanism: plain, username: u}}', 'sasl.password is missing'],
    ['{brokers: a, sasl: hidden}', 'a text that is not shown'],
    ['{brokers: a, transactional: true}', 'not in this version'],
    ['{brokers: a, acks: 1}', 'acks is 1'],
  ])('%s is refused', (value, says) => {
    const [problem, ...others] = problemsOf(`source: sqlite:x\nsink: ${quoted(value)}\n${jobs}`);
    expect(others).toEqual([]);
    expect(`${problem?.message}. ${problem?.cure}`).toContain(says);
    expect(JSON.stringify(problem)).not.toContain('hidden');
  });
});

describe('the state', () => {
  test.each<[string, Partial<StateConfig>]>([
    ['sqlite:s.db', { kind: 'sqlite', url: '/app/s.db' }],
    ['postgres://u:p@db/liberate', { kind: 'postgres', url: 'postgres://db/liberate', user: 'u', password: 'p' }],
    ['{url: mysql://db/liberate, user: u, password: p, tls: true}', { kind: 'mysql', user: 'u', password: 'p', tls: verified }],
  ])('%s', (value, config) => {
    expect(stateOf(value)).toMatchObject(config);
  });

  test('is a file next to the jobs file, with its name, when nothing is said', () => {
    expect(sound(`source: sqlite:x\nsink: stdout\n${jobs}`).state).toEqual({
      kind: 'sqlite',
      url: '/app/jobs.state.db',
      user: null,
      password: null,
      tls: null,
    });
  });
});

describe('secrets', () => {
  test('are the passwords, as they are and as URLs and variables have them', () => {
    const text = `sources: {a: "postgres://\${USER}:x\${PW}@db/s", b: {url: mysql://db/s, password: '\${file:pw}'}}
sink: {brokers: a, sasl: {mechanism: scram-sha-256, username: u, password: '\${KPW}'}}
jobs: {a: {table: a, source: a}, b: {table: b, source: b}}\n`;
    const { secrets } = sound(text, { env: { USER: 'shopper', PW: 'p%2Fw', KPW: 'kafka!' }, files: { '/app/pw': 'filed\n' } });
    expect([...secrets].toSorted()).toEqual(['filed', 'kafka!', 'p%2Fw', 'xp%2Fw', 'xp/w']);
  });

  test('in the file itself are worth a warning', () => {
    const result = parse(`source: postgres://u:hidden@db/s\nsink: stdout\nstate: {url: mysql://db/s, password: hidden}\n${jobs}`);
    expect(result.warnings.map(({ at }) => at)).toEqual(['/app/jobs.yaml:1:9', '/app/jobs.yaml:3:38']);
    expect(JSON.stringify(result.warnings)).not.toContain('hidden');
  });
});
