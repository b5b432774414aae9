import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../src/model/column.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { normalOfConnect } from '../foreign/connect-values.ts';
import { readByApicurio, readByConnect } from '../foreign/java.ts';
import { readJsonSchema } from '../foreign/json-schema.ts';
import { type Normal, sameLines } from '../foreign/normal.ts';
import { configOf } from '../registry/fake.ts';
import { registryUrl } from '../support/registry.ts';
import { uniqueTopic } from '../support/topics.ts';
import { databases } from './case-columns.ts';
import { goldenEvents } from './golden-events.ts';

const kinds = Object.keys(databases) as readonly (keyof typeof databases)[];

/** A first run fetches the jars. */
const timeout = 600_000;

/** A BigDecimal has no zero below zero, and JSON that is written again no spaces; of two members of one name a reader takes the last. */
function asJackson(type: ColumnType, value: Normal): Normal {
  if (value === null) return null;
  if (typeof value !== 'string') return value.map((item) => asJackson(type.kind === 'array' ? type.element : type, item));
  switch (type.kind) {
    case 'float':
      return value === '-0' ? '0' : value;
    case 'json':
      return JSON.stringify(
        JSON.parse(value.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => (token.startsWith('"') ? token : `"#${token}"`))),
      );
    case 'dynamic':
      return value.replace(/^number (.*)$/, (_, digits: string) => `number ${/[.e]|\d{17}/.test(digits) ? Number(digits) : digits}`);
    default:
      return value;
  }
}

/** Events whose schema a registry knows by their number, and the URL of its own API. */
async function registered(database: keyof typeof databases, format: 'avro' | 'json-schema' | 'protobuf') {
  const url = await registryUrl();
  const document = goldenEvents(database, format, 0).stream.value;
  if (document === null) throw new Error(`${format} has a document`);
  const schema = { topic: uniqueTopic(database), part: 'value' as const, document };
  const id = await openRegistry(configOf(url)).register(schema, new AbortController().signal);
  return { ...goldenEvents(database, format, id), api: url.replace(/\/ccompat\/v7$/, '/registry') };
}

describe.each(kinds)('every type of %s', (database) => {
  it("is read by Kafka Connect's JsonConverter as it is", { timeout }, async () => {
    const { stream, events } = goldenEvents(database, 'connect', 0);
    const records = events.map(({ bytes }) => ({ key: null, value: bytes }));
    const [found] = await readByConnect('json', records, ['plain']);
    const types = new Map(stream.model.fields.map(({ name, type }) => [name, type]));
    // JsonConverter reads every fraction as a BigDecimal, which has no zero below zero.
    const read = (type: ColumnType, value: Normal): Normal => (type.kind === 'float' && value === '-0' ? '0' : sameLines(type, value));
    const lines = (values: Readonly<Record<string, Normal>>) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, read(types.get(name) as ColumnType, value)]));
    expect(found?.map((one) => lines(normalOfConnect(stream.model.fields, one?.value)))).toEqual(events.map(({ values }) => lines(values)));
  });

  it.each(['avro', 'protobuf'] as const)(
    "in %s is read by Apicurio's deserialiser, by its number, and written again byte for byte",
    { timeout },
    async (format) => {
      const { events, api } = await registered(database, format);
      const found = await readByApicurio(
        format,
        api,
        events.map(({ bytes }) => bytes),
      );
      const bare = format === 'avro' ? 5 : 6;
      expect(found.map((bytes) => bytes.toString('hex'))).toEqual(events.map(({ bytes }) => bytes.subarray(bare).toString('hex')));
    },
  );

  it("in json-schema is found right and read by Apicurio's deserialiser, by its number", { timeout }, async () => {
    const { stream, events, api } = await registered(database, 'json-schema');
    const found = await readByApicurio(
      'json-schema',
      api,
      events.map(({ bytes }) => bytes),
    );
    const read = found.map((json) => readJsonSchema(stream.value?.text ?? '', stream.model.fields, Buffer.concat([Buffer.alloc(5), json])));
    const types = new Map(stream.model.fields.map(({ name, type }) => [name, type]));
    const rewritten = (values: Readonly<Record<string, Normal>>) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, asJackson(types.get(name) as ColumnType, value)]));
    expect(read.map(rewritten)).toEqual(events.map(({ values }) => rewritten(values)));
  });
});
