import { execFileSync, spawnSync } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OutboundRecord } from '../../src/model/record.ts';
import { openNdjson } from '../../src/sink/ndjson/ndjson.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { sinkContract } from '../contract/sink.ts';
import { batchOf } from './batch.ts';
import { linesOf, members, seenLine } from './lines.ts';

const never = new AbortController().signal;
const event = (value: string | null, more: Partial<OutboundRecord> = {}): OutboundRecord => ({
  key: Buffer.from('{"id":1}'),
  value: value === null ? null : Buffer.from(value),
  timestamp: '1763725512345',
  headers: {},
  ...more,
});

interface Folder extends AsyncDisposable {
  readonly path: string;
  open(): Sink;
  text(file: string): Promise<string>;
}

async function folder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'liberate-ndjson-'));
  return {
    path,
    open: () => openNdjson({ kind: 'ndjson', name: 'out', directory: path }),
    text: (file) => readFile(join(path, file), 'utf8'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

sinkContract({
  kind: 'ndjson',
  async create() {
    const place = await folder();
    let topics = 0;
    return {
      open: async () => place.open(),
      topic: () => `topic-${(topics += 1)}`,
      read: async (topic) => linesOf(await place.text(`${topic}.ndjson`)).map(seenLine),
      [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
    };
  },
});

describe('a line of ndjson', () => {
  it('has key, value, timestamp and headers in this order', async () => {
    await using place = await folder();
    await using sink = place.open();
    await sink.send('t', batchOf([event('{"n":9223372036854775807}', { headers: { a: 'b' } })]), never);
    await sink.send('t', batchOf([event(null)]), never);
    expect(await place.text('t.ndjson')).toBe(
      '{"key":{"id":1},"value":{"n":9223372036854775807},"timestamp":"2025-11-21T11:45:12.345Z","headers":{"a":"b"}}\n' +
        '{"key":{"id":1},"value":null,"timestamp":"2025-11-21T11:45:12.345Z","headers":{}}\n',
    );
  });

  it('stays one line when the JSON text of a value is spread over several', async () => {
    await using place = await folder();
    await using sink = place.open();
    await sink.send('t', batchOf([event('{\r\n  "a": "x\\ny",\n  "b": 12345678901234567890\n}')]), never);
    const [line, ...more] = linesOf(await place.text('t.ndjson'));
    expect(more).toEqual([]);
    expect(members(line as string)[1]).toEqual(['value', '{    "a": "x\\ny",   "b": 12345678901234567890 }']);
  });

  it('refuses a timestamp that is none, and writes nothing of the batch', async () => {
    await using place = await folder();
    await using sink = place.open();
    await expect(sink.send('t', batchOf([event('1'), event('2', { timestamp: 'x' })]), never)).rejects.toMatchObject({ code: 'LIB309' });
    await sink.send('t', batchOf([event('3')]), never);
    expect(linesOf(await place.text('t.ndjson')).map((line) => JSON.parse(line).value)).toEqual([3]);
  });
});

describe('the files of ndjson', () => {
  it('are named after their topics, with what a file name cannot hold percent-encoded', async () => {
    await using place = await folder();
    await using sink = place.open();
    for (const topic of ['shop.public.orders', '../evil/ä b%', '..']) await sink.send(topic, batchOf([event('1')]), never);
    for (const file of ['shop.public.orders.ndjson', '..%2Fevil%2F%C3%A4%20b%25.ndjson', '...ndjson']) {
      expect(linesOf(await place.text(file))).toHaveLength(1);
    }
  });

  it('are made together with their folder', async () => {
    await using place = await folder();
    await using sink = openNdjson({ kind: 'ndjson', name: 'out', directory: join(place.path, 'a', 'b') });
    await sink.check(never);
    await sink.prepare({ name: 't', keyed: true }, never);
    expect(await place.text('a/b/t.ndjson')).toBe('');
  });

  it('are followed when they are moved away or deleted, so that nothing is written to a file without a name', async () => {
    await using place = await folder();
    await using sink = place.open();
    await sink.send('t', batchOf([event('1')]), never);
    await rename(join(place.path, 't.ndjson'), join(place.path, 't.1.ndjson'));
    await sink.send('t', batchOf([event('2')]), never);
    await unlink(join(place.path, 't.ndjson'));
    await sink.send('t', batchOf([event('3')]), never);
    expect(JSON.parse(await place.text('t.1.ndjson')).value).toBe(1);
    expect(JSON.parse(await place.text('t.ndjson')).value).toBe(3);
  });
});

describe('a file found on opening', () => {
  const line = '{"key":{"id":1},"value":{"a":1},"timestamp":"2025-11-21T11:45:12.345Z","headers":{}}\n';
  const wide = `{"key":{"id":1},"value":"${'x'.repeat(300_000)}","timestamp":"2025-11-21T11:45:12.345Z","headers":{}}\n`;

  it.each([
    ['in the middle of the second line', line, line.slice(0, 30)],
    ['in the middle of the first line', '', line.slice(0, 30)],
    ['within the first bytes of a line', line, '{"k'],
    ['just before the line break', line, line.slice(0, -1)],
    ['within a line wider than what is read at once', wide, wide.slice(0, 200_000)],
    ['leaving zeros that were never written', line, '\0'.repeat(4096)],
  ])('is cut back to its last whole line when it was torn %s', async (_where, whole, torn) => {
    await using place = await folder();
    await writeFile(join(place.path, 't.ndjson'), whole + torn);
    await using sink = place.open();
    const findings = await sink.prepare({ name: 't', keyed: true }, never);
    expect(findings).toEqual([expect.objectContaining({ severity: 'warning', message: expect.stringContaining(`${torn.length} bytes`) })]);
    expect(await place.text('t.ndjson')).toBe(whole);
    await sink.send('t', batchOf([event('{"a":1}')]), never);
    expect(await place.text('t.ndjson')).toBe(whole + line);
  });

  it.each([
    ['a CSV file', 'id,name\n1,one\n'],
    ['JSON lines of another program', '{"id":1,"name":"one"}\n'],
    ['a line that breaks off before its line break', `${line.slice(0, 40)}\n`],
    ['text without a line break', 'precious'],
    ['an event and then something else without a line break', `${line}precious`],
    ['an empty last line', `${line}\n`],
  ])('is left as it is, with LIB307, when it holds %s', async (_what, text) => {
    await using place = await folder();
    await writeFile(join(place.path, 't.ndjson'), text);
    await using sink = place.open();
    await expect(sink.prepare({ name: 't', keyed: true }, never)).rejects.toMatchObject({
      code: 'LIB307',
      message: expect.stringContaining('t.ndjson'),
    });
    await expect(sink.send('t', batchOf([event('1')]), never)).rejects.toMatchObject({ code: 'LIB307' });
    expect(await place.text('t.ndjson')).toBe(text);
  });

  it('is opened again once it was mended, without a new sink', async () => {
    await using place = await folder();
    const path = join(place.path, 't.ndjson');
    await writeFile(path, 'precious\n');
    await using sink = place.open();
    await expect(sink.prepare({ name: 't', keyed: true }, never)).rejects.toMatchObject({ code: 'LIB307' });
    await rename(path, `${path}.old`);
    await sink.send('t', batchOf([event('{"a":1}')]), never);
    expect(await place.text('t.ndjson')).toBe(line);
  });
});

/** Most bytes a file of this process may have: the one way to a write that stops half-way which needs no rights. */
const limitFiles = (bytes: number | 'unlimited'): void => {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--fsize=${bytes}:`]);
};
const canLimit = spawnSync('prlimit', ['--version']).status === 0;

describe('a failing write of ndjson', () => {
  it('is LIB306 with the path when a folder stands in the place of the file', async () => {
    await using place = await folder();
    await mkdir(join(place.path, 't.ndjson'));
    await using sink = place.open();
    const message = expect.stringContaining(`${join(place.path, 't.ndjson')} failed: a folder stands in its place (EISDIR)`);
    await expect(sink.prepare({ name: 't', keyed: true }, never)).rejects.toMatchObject({ code: 'LIB306', message });
  });

  it('is LIB306 when a file stands in the place of the folder', async () => {
    await using place = await folder();
    await writeFile(join(place.path, 'out'), '');
    for (const directory of [join(place.path, 'out'), join(place.path, 'out', 'below')]) {
      await using sink = openNdjson({ kind: 'ndjson', name: 'out', directory });
      await expect(sink.check(never)).rejects.toMatchObject({ code: 'LIB306', message: expect.stringContaining(directory) });
    }
  });

  it.skipIf(process.getuid?.() === 0)('is LIB306 in a folder that may not be written (root may)', async () => {
    await using place = await folder();
    await chmod(place.path, 0o500);
    await using sink = place.open();
    await expect(sink.check(never)).rejects.toMatchObject({ code: 'LIB306', message: expect.stringContaining('EACCES') });
  });

  it.skipIf(process.platform !== 'linux')('is LIB306 that says so when the disk is full', async () => {
    await using place = await folder();
    await symlink('/dev/full', join(place.path, 't.ndjson'));
    await using sink = place.open();
    const message = expect.stringMatching(/writing .*t\.ndjson failed: the disk is full \(ENOSPC\)/);
    await expect(sink.send('t', batchOf([event('1')]), never)).rejects.toMatchObject({ code: 'LIB306', message });
  });

  it.skipIf(!canLimit)('leaves no half line behind, and the same batch can be sent again', async () => {
    await using place = await folder();
    await using sink = place.open();
    const batch = Array.from({ length: 100 }, (_, at) => event(`{"n":${at},"pad":"${'x'.repeat(100)}"}`));
    await sink.send('t', batchOf(batch), never);
    const { size } = await stat(join(place.path, 't.ndjson'));
    limitFiles(size + 1000);
    try {
      // The system takes 1,000 bytes, which end in the middle of a line, and refuses the rest.
      await expect(sink.send('t', batchOf(batch), never)).rejects.toMatchObject({
        code: 'LIB306',
        message: expect.stringContaining('EFBIG'),
      });
      expect((await stat(join(place.path, 't.ndjson'))).size).toBe(size);
    } finally {
      limitFiles('unlimited');
    }
    await sink.send('t', batchOf(batch), never);
    expect(linesOf(await place.text('t.ndjson')).map((text) => JSON.parse(text).value.n)).toEqual([...batch.keys(), ...batch.keys()]);
  });

  it('leaves lines alone that somebody else appended since', async () => {
    await using place = await folder();
    await using sink = place.open();
    await sink.send('t', batchOf([event('1')]), never);
    const other = '{"key":null,"value":2,"timestamp":"2025-11-21T11:45:12.345Z","headers":{}}\n';
    await appendFile(join(place.path, 't.ndjson'), other);
    await sink.send('t', batchOf([event('3')]), never);
    expect(linesOf(await place.text('t.ndjson')).map((text) => JSON.parse(text).value)).toEqual([1, 2, 3]);
  });
});
