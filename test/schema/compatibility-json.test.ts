import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SchemaVersion, verdictOf } from '../../src/schema/compatibility/compatibility.ts';
import { otherMeaning } from '../../src/schema/compatibility/meaning.ts';
import { jsonSchemaOf } from '../../src/schema/json/schema.ts';
import { elementOf } from '../../src/schema/protobuf/schema.ts';
import { samplesOf } from './samples.ts';
import { altered, single, type Typed, types, typeText } from './versions.ts';

const ajv = new Ajv({
  strict: false,
  formats: {
    date: /^\d{4}-(?!00)\d{2}-(?!00)\d{2}$/,
    'date-time': /^\d{4}-(?!00)\d{2}-(?!00)\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/,
    uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  },
});

/** Whether an event, as JSON text, is what a version's JSON Schema says. */
const judge = ({ model }: SchemaVersion): ((event: string) => boolean) => {
  const valid = ajv.compile(jsonSchemaOf(model.name, model.fields));
  return (event) => valid(JSON.parse(event)) === true;
};

/** Events of a version: each field at its ends, and NULL where it may be. */
function eventsOf({ model }: SchemaVersion): readonly string[] {
  const samples = model.fields.map((field) => [...samplesOf(field), ...(field.nullable ? ['null'] : [])]);
  const most = Math.max(...samples.map(({ length }) => length));
  return Array.from({ length: most }, (_, at) => {
    const members = model.fields.map(({ name }, place) => {
      const own = samples[place] as readonly string[];
      return `${JSON.stringify(name)}:${own[at % own.length]}`;
    });
    return `{${members.join(',')}}`;
  });
}

const reads = (reader: SchemaVersion, writer: SchemaVersion): boolean => verdictOf([writer], reader, 'backward').ok;

/**
 * What JSON Schema does not tell apart: strings of different kinds, base64 among them, numbers that a reader rounds, and those past 64
 * bits. Nor do we count how long a stamp can be.
 */
function stricter(reader: Typed, writer: Typed): boolean {
  const [as, of] = [elementOf(reader.type), elementOf(writer.type)];
  if (otherMeaning(reader, writer) !== null) return true;
  const base64 = /bytes|blob/.test(typeText(reader) + typeText(writer));
  if (as.kind === 'text' && of.kind !== 'text' && !base64) return reader.facts.length !== undefined;
  return base64 || (as.kind === 'integer' && reader.facts.bits === 64);
}

describe('our verdict on JSON', () => {
  it.each(types.map((type) => [typeText(type), type] as const))('takes every event of %s for one of itself', (_, type) => {
    const one = single(type, true, 'json-schema');
    const valid = judge(one);
    for (const event of eventsOf(one)) expect([event, valid(event)]).toEqual([event, true]);
  });

  it.each(types.map((reader) => [typeText(reader), reader] as const))(
    'is that of a JSON Schema of %s on the events of every other type',
    (_, reader) => {
      const as = single(reader, false, 'json-schema');
      const valid = judge(as);
      for (const writer of types) {
        const of = single(writer, false, 'json-schema');
        const [ours, theirs] = [reads(as, of), eventsOf(of).every(valid)];
        if (ours !== theirs)
          expect({ reader, writer, ours, theirs }).toEqual({ reader, writer, ours: false, theirs: stricter(reader, writer) });
      }
    },
  );

  it('lets through no change after which an event of one version is not what the other says', () => {
    let readable = 0;
    fc.assert(
      fc.property(altered('json-schema'), ([one, other]) => {
        for (const [reader, writer] of [
          [one, other],
          [other, one],
        ] as const) {
          if (!reads(reader, writer)) continue;
          readable += 1;
          const valid = judge(reader);
          for (const event of eventsOf(writer)) expect([event, valid(event)]).toEqual([event, true]);
        }
      }),
    );
    expect(readable).toBeGreaterThan(50);
  });
});
