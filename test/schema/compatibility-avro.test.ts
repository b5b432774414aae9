import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroSchemaOf, avroType } from '../../src/schema/avro/schema.ts';
import { type SchemaVersion, verdictOf } from '../../src/schema/compatibility/compatibility.ts';
import { otherMeaning } from '../../src/schema/compatibility/meaning.ts';
import type { EventField } from '../../src/schema/event-model.ts';
import { plainNames } from '../../src/schema/names.ts';
import { avroReads } from './avro-judge.ts';
import { altered, single, type Typed, types, typeText } from './versions.ts';

const document = ({ model: { name, fields } }: SchemaVersion): unknown => avroSchemaOf(name, 'Value', fields);
const reads = (reader: SchemaVersion, writer: SchemaVersion): boolean => verdictOf([writer], reader, 'backward').ok;

const isLogical = ({ type, facts }: Typed): boolean => JSON.stringify(avroType(type, facts)).includes('logicalType');

/**
 * Where we say no and Avro says yes: types that it writes alike, or promotes, and that mean something else; and a logical type that is
 * read as the bare type under it: the bytes of a decimal as a text.
 */
const stricter = (reader: Typed, writer: Typed): boolean =>
  otherMeaning(reader, writer) !== null || (isLogical(writer) && !isLogical(reader) && writer.type.kind !== 'uuid');

function isStricter({ model: reader }: SchemaVersion, { model: writer }: SchemaVersion): boolean {
  const names = plainNames(writer.fields.map(({ name }) => name));
  return plainNames(reader.fields.map(({ name }) => name)).some((name, at) => {
    const written = writer.fields[names.indexOf(name)];
    const read = reader.fields[at] as EventField;
    // Another column that has its name in Avro.
    return written !== undefined && (written.name !== read.name || stricter(read, written));
  });
}

describe('our verdict on Avro', () => {
  it.each(types.map((reader) => [typeText(reader), reader] as const))(
    'is that of Avro itself on what a reader of %s reads',
    (_, reader) => {
      for (const writer of types) {
        const [as, of] = [single(reader, false, 'avro'), single(writer, false, 'avro')];
        const [ours, theirs] = [reads(as, of), avroReads(document(as), document(of))];
        if (ours !== theirs)
          expect({ reader, writer, ours, theirs }).toEqual({ reader, writer, ours: false, theirs: stricter(reader, writer) });
      }
    },
  );

  it('is that of Avro itself on streams of several columns, NULL, defaults and names that it does not take', () => {
    let readable = 0;
    fc.assert(
      fc.property(altered('avro'), ([one, other]) => {
        for (const [reader, writer] of [
          [one, other],
          [other, one],
        ] as const) {
          const [ours, theirs] = [reads(reader, writer), avroReads(document(reader), document(writer))];
          const meant = isStricter(reader, writer);
          if (ours !== theirs) expect([ours, theirs, meant]).toEqual([false, true, true]);
          if (ours) readable += 1;
        }
      }),
      { numRuns: 300 },
    );
    // Not because everything breaks.
    expect(readable).toBeGreaterThan(50);
  });
});
