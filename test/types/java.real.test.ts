import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../src/model/column.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { normalOfConnect } from '../foreign/connect-values.ts';
import { readByJava } from '../foreign/java.ts';
import { type Normal, sameLines } from '../foreign/normal.ts';
import { configOf } from '../registry/fake.ts';
import { registryUrl } from '../support/registry.ts';
import { uniqueTopic } from '../support/topics.ts';
import { databases } from './case-columns.ts';
import { goldenEvents } from './golden-events.ts';

const kinds = Object.keys(databases) as readonly (keyof typeof databases)[];

/** A first run fetches the jars. */
const timeout = 600_000;

describe.each(kinds)('every type of %s', (database) => {
  it("is read by Kafka Connect's JsonConverter as it is", { timeout }, async () => {
    const { stream, events } = goldenEvents(database, 'connect', 0);
    const found = await readByJava(
      ['connect'],
      events.map(({ bytes }) => bytes),
    );
    const types = new Map(stream.model.fields.map(({ name, type }) => [name, type]));
    // JsonConverter reads every fraction as a BigDecimal, which has no zero below zero.
    const read = (type: ColumnType, value: Normal): Normal => (type.kind === 'float' && value === '-0' ? '0' : sameLines(type, value));
    const lines = (values: Readonly<Record<string, Normal>>) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, read(types.get(name) as ColumnType, value)]));
    expect(found.map((one) => lines(normalOfConnect(stream.model.fields, one)))).toEqual(events.map(({ values }) => lines(values)));
  });

  it("in Avro is read by Apicurio's deserialiser, by its number, and written again byte for byte", { timeout }, async () => {
    const url = await registryUrl();
    const document = goldenEvents(database, 'avro', 0).stream.value;
    if (document === null) throw new Error('Avro has a document');
    const schema = { topic: uniqueTopic(database), part: 'value' as const, document };
    const id = await openRegistry(configOf(url)).register(schema, new AbortController().signal);
    const { events } = goldenEvents(database, 'avro', id);
    const found = await readByJava(
      ['avro', url.replace(/ccompat\/v7$/, 'registry/v2')],
      events.map(({ bytes }) => bytes),
    );
    expect(found).toEqual(events.map(({ bytes }) => bytes.subarray(5).toString('base64')));
  });
});
