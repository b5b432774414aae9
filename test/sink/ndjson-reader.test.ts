import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LineBuffer } from '../../src/sink/json-line.ts';
import { openNdjson } from '../../src/sink/ndjson/ndjson.ts';
import { openNdjsonReader } from '../../src/sink/ndjson/ndjson-reader.ts';
import { readLine } from '../../src/sink/ndjson/read-line.ts';
import type { NdjsonSinkConfig } from '../../src/sink/sink-config.ts';
import type { StreamPosition } from '../../src/sink/stream-reader.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { batchOf } from './batch.ts';

const never = new AbortController().signal;
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\\', '\\"', '","timestamp":"', '{"key":', ']}', ',"value":'));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
}));
const object = json.object.map((value) => Buffer.from(JSON.stringify(value)));

describe('a line', () => {
  it('gives key and value back byte for byte, whatever they and the headers hold', () => {
    fc.assert(
      fc.property(object, fc.option(object), fc.dictionary(text, text, { maxKeys: 3 }), (key, value, headers) => {
        const lines = new LineBuffer();
        lines.add(null, batchOf([{ key, value, timestamp: '1700000000000', headers }]));
        const line = lines.bytes();
        expect(readLine(line.subarray(0, -1))).toEqual({ key, value });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '',
    '{}',
    'null',
    '{"key":',
    '{"key":{"a":1',
    '{"key":{"a":"x}',
    '{"key":{},"value":',
    '{"key":{},"value":{}}',
    '{"value":{},"key":{}}',
  ])('that is no event is refused: %j', (line) => {
    expect(readLine(Buffer.from(line))).toBeNull();
  });
});

describe('the reader of NDJSON files', () => {
  let directory: TemporaryDirectory;
  let config: NdjsonSinkConfig;
  beforeEach(async () => {
    directory = await temporaryDirectory();
    config = { kind: 'ndjson', name: 'files', directory: directory.path };
  });
  afterEach(() => directory[Symbol.asyncDispose]());

  const record = (key: string, value: string | null) => ({
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp: '0',
    headers: {},
  });

  async function send(...events: readonly (readonly [string, string | null])[]): Promise<void> {
    await using sink = openNdjson(config);
    await sink.send('a/b', batchOf(events.map(([key, value]) => record(key, value))), never);
  }

  async function read(from: StreamPosition | null, to: StreamPosition): Promise<readonly (readonly [string, string | null])[]> {
    await using reader = openNdjsonReader(config);
    const found: (readonly [string, string | null])[] = [];
    for await (const events of reader.read('a/b', from, to, never)) {
      for (const { key, value } of events) found.push([String(key), value === null ? null : String(value)]);
    }
    return found;
  }

  it('reads from one end to the next, tombstones too, with lines longer than what it reads at once', async () => {
    await using reader = openNdjsonReader(config);
    const wide = `{"a":"${'x'.repeat(3_000_000)}"}`;
    await send(['{"id":9007199254740993}', '{"a":1.50}'], ['{"id":2}', wide]);
    const first = await reader.end('a/b', never);
    await send(['{"id":2}', null]);
    const second = await reader.end('a/b', never);
    expect(await read(null, first)).toEqual([
      ['{"id":9007199254740993}', '{"a":1.50}'],
      ['{"id":2}', wide],
    ]);
    expect(await read(first, second)).toEqual([['{"id":2}', null]]);
    expect(await read(second, second)).toEqual([]);
  });

  it('gives what is published back as it stands in the file: a space for a line break between tokens', async () => {
    await using reader = openNdjsonReader(config);
    const published = '{"a":{\r\n"b":1}}';
    await send(['{"id":1}', published]);
    const [event] = await read(null, await reader.end('a/b', never));
    expect(event?.[1]).toBe(reader.asRead(Buffer.from(published)).toString());
  });

  it('ends before a line that is still being written, and refuses one that is no event', async () => {
    await using reader = openNdjsonReader(config);
    await send(['{"id":1}', '{}']);
    const path = join(directory.path, 'a%2Fb.ndjson');
    appendFileSync(path, '{"key":{"id":2},"val');
    expect(await read(null, await reader.end('a/b', never))).toEqual([['{"id":1}', '{}']]);
    writeFileSync(path, 'hello\n');
    const end = await reader.end('a/b', never);
    await expect(read(null, end)).rejects.toMatchObject({ code: 'LIB307', message: expect.stringContaining('hello') });
  });

  it('says of a topic without a file that it is missing', async () => {
    await using reader = openNdjsonReader(config);
    await expect(reader.end('none', never)).rejects.toMatchObject({ code: 'LIB303' });
  });
});
