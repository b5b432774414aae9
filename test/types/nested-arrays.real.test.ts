import avsc from 'avsc';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createPostgres, type TestDatabase } from '../support/databases.ts';
import { liberate, writeJobs } from '../support/liberate.ts';
import { registryUrl, tell } from '../support/registry.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { readTopic, readTopicBytes, uniqueTopic } from '../support/topics.ts';

const { brokers } = inject('servers').kafka;

let db: TestDatabase;
let directory: TemporaryDirectory;
let url: string;

beforeAll(async () => {
  url = await registryUrl();
  db = await createPostgres();
  directory = await temporaryDirectory();
  // A column's declared dimensions mean nothing to PostgreSQL: each value has its own, and lower bounds of its own.
  await db.run(`CREATE TABLE grids (id integer PRIMARY KEY, numbers integer[], words text[][]);
    INSERT INTO grids VALUES
      (1, '{1,NULL,3}', '{a,"b,c"}'),
      (2, '{{1,2},{3,NULL}}', '{{"x\\"y",🦊},{NULL,""}}'),
      (3, '[0:1][5:5]={{7},{8}}', '{{{deep}}}'),
      (4, '{}', NULL)`);
}, 600_000);
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const exact = [
  { id: 1, numbers: '[1,null,3]', words: '["a","b,c"]' },
  { id: 2, numbers: '[[1,2],[3,null]]', words: '[["x\\"y","🦊"],[null,""]]' },
  { id: 3, numbers: '[[7],[8]]', words: '[[["deep"]]]' },
  { id: 4, numbers: '[]', words: null },
];

/** Runs a job over the table once. */
async function load(
  job: object,
): Promise<{ readonly topic: string; readonly file: string; readonly stderr: string; readonly code: number | null }> {
  const topic = uniqueTopic('grids');
  const file = writeJobs(
    directory.path,
    {
      source: db.url,
      sink: { brokers, topicDefaults: { partitions: 1, replication: 1 }, registry: { url } },
      state: `sqlite:${directory.path}/${topic}.db`,
      jobs: { grids: { table: 'grids', topic, retries: 0, ...job } },
    },
    `${topic}.yaml`,
  );
  const { code, stderr } = await liberate(['run', file, '--once']);
  return { topic, file, stderr, code };
}

type Row = Readonly<Record<string, unknown>>;

/** What readers of other hands find in an event, by the registry's document. */
const readers: Readonly<Record<string, (value: Buffer) => Promise<Row>>> = {
  avro: async (value) => avsc.Type.forSchema(JSON.parse(await documentOf(value)) as avsc.Schema).fromBuffer(value.subarray(5)) as Row,
  protobuf: async (value) => {
    const { root, package: name } = protobuf.parse(await documentOf(value), { keepCase: true });
    const type = root.lookupType(`${name}.Value`);
    return { words: null, ...type.toObject(type.decode(value.subarray(6))) };
  },
  connect: async (value) => (JSON.parse(value.toString()) as { readonly payload: Row }).payload,
};

async function documentOf(value: Buffer): Promise<string> {
  return ((await tell(url, 'GET', `/schemas/ids/${value.readInt32BE(1)}`)) as { readonly schema: string }).schema;
}

it('arrays of arrays are in JSON as they are', async () => {
  const { topic, code, stderr } = await load({ format: 'json' });
  expect(code, stderr).toBe(0);
  const events = (await readTopic(brokers, topic)).map(({ value }) => value);
  expect(events).toEqual(exact.map(({ id, numbers, words }) => `{"id":${id},"numbers":${numbers},"words":${words}}`));
});

describe.each(Object.keys(readers))('arrays of arrays in %s', (format) => {
  it('stop the job, or are set aside, with the column and the cure, and no other row with them', async () => {
    const stopped = await load({ format });
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(/LIB211.*"numbers/s);
    expect(stopped.stderr).toContain('`cast` of `columns:`');
    const { topic, file, code, stderr } = await load({ format, onBadRow: 'deadletter' });
    expect(code, stderr).toBe(0);
    const read = readers[format] as (value: Buffer) => Promise<Row>;
    const events = await Promise.all((await readTopicBytes(brokers, topic)).map(({ value }) => read(value as Buffer)));
    expect(events.map((event) => event['id'])).toEqual([1, 4]);
    const letters = await liberate(['deadletters', 'list', file, '--job', 'grids', '--json']);
    expect(letters.stdout.match(/LIB211/g)).toHaveLength(2);
    expect(letters.stdout).toContain('[[1,2],[3,null]]');
  });

  it.each(['json', 'string'])('are their exact text with cast: %s', async (cast) => {
    const { topic, code, stderr } = await load({ format, columns: { cast: { numbers: cast, words: cast } } });
    expect(code, stderr).toBe(0);
    const read = readers[format] as (value: Buffer) => Promise<Row>;
    const events = await Promise.all((await readTopicBytes(brokers, topic)).map(({ value }) => read(value as Buffer)));
    expect(events.map(({ id, numbers, words }) => ({ id, numbers, words }))).toEqual(exact);
  });
});
