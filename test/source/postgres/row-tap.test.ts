import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedRows } from '../../../src/model/packed-rows.ts';
import { RowTap } from '../../../src/source/postgres/row-tap.ts';

function frame(type: string, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + payload.length, 1);
  return Buffer.concat([head, payload]);
}

function dataRow(fields: readonly (string | null)[]): Buffer {
  const parts: Buffer[] = [Buffer.from([fields.length >> 8, fields.length & 0xff])];
  for (const field of fields) {
    const bytes = Buffer.from(field ?? '');
    const size = Buffer.alloc(4);
    size.writeInt32BE(field === null ? -1 : bytes.length);
    parts.push(size, bytes);
  }
  return frame('D', Buffer.concat(parts));
}

function tapped() {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const driver: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => driver.push(Buffer.from(chunk)));
  const tap = RowTap.on(stream);
  return { stream, tap, delivered: () => Buffer.concat(driver) };
}

const textsOf = (rows: PackedRows): readonly (readonly (string | null)[])[] =>
  Array.from({ length: rows.count }, (_, row) => Array.from({ length: rows.width }, (__, field) => rows.text(row, field)));

const field = fc.option(fc.string({ unit: 'binary', maxLength: 30 }).map((text) => Buffer.from(text).toString()));
const message = fc.oneof(
  { weight: 3, arbitrary: fc.record({ row: fc.tuple(field, field, field), other: fc.constant(null) }) },
  fc.record({
    row: fc.constant(null),
    other: fc.record({ type: fc.constantFrom('T', 'C', 'Z', 'N', 'S'), payload: fc.uint8Array({ maxLength: 20 }) }),
  }),
);

describe('rows taken out of the stream of the protocol', () => {
  it('are those that the server sent, and the driver gets all the rest, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (messages, cuts) => {
        const { stream, tap, delivered } = tapped();
        const rows = new PackedRows([], 3);
        tap.collect(rows);
        const frames = messages.map(({ row, other }) => (other === null ? dataRow(row) : frame(other.type, Buffer.from(other.payload))));
        const bytes = Buffer.concat(frames);
        for (let at = 0; at < bytes.length; ) {
          const to = Math.min(bytes.length, at + (cuts.next().value as number));
          stream.emit('data', bytes.subarray(at, to));
          at = to;
        }
        expect(textsOf(rows)).toEqual(messages.flatMap(({ row }) => (row === null ? [] : [row])));
        expect(delivered()).toEqual(Buffer.concat(frames.filter((_, at) => messages[at]?.row === null)));
      }),
      { numRuns: 1000 },
    );
  });

  it('go to the driver while nobody collects, also when that changes in the middle of a frame', () => {
    const { stream, tap, delivered } = tapped();
    const frames = [dataRow(['a', null, 'b']), frame('Z', Buffer.from('I')), dataRow(['c', 'd', 'e'])] as const;
    const bytes = Buffer.concat(frames);
    const cut = (frames[0]?.length ?? 0) + 3;
    stream.emit('data', bytes.subarray(0, cut));
    const rows = new PackedRows([], 3);
    tap.collect(rows);
    stream.emit('data', bytes.subarray(cut));
    expect(textsOf(rows)).toEqual([['c', 'd', 'e']]);
    expect(delivered()).toEqual(Buffer.concat(frames.slice(0, 2)));
  });

  it('of another shape than asked for end the connection, and are never guessed at', async () => {
    const { stream, tap } = tapped();
    const ended = new Promise((resolve) => stream.once('error', resolve));
    tap.collect(new PackedRows([], 2));
    stream.emit('data', dataRow(['a', 'b', 'c']));
    expect(await ended).toMatchObject({ code: 'LIB901' });
    expect(stream.destroyed).toBe(true);
  });
});
