import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNdjson } from '../../src/sink/ndjson/ndjson.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { faultOf, keeperContract, version } from './schemas.ts';

const never = new AbortController().signal;
let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  folder = await temporaryDirectory();
});
afterAll(() => folder[Symbol.asyncDispose]());

let topics = 0;
const topic = (): string => `shop/größe ${(topics += 1)}`;
const open = async () => openNdjson({ kind: 'ndjson', name: 'out', directory: join(folder.path, 'made', 'by it') });

describe('the history beside an NDJSON file', () => {
  keeperContract(open, topic);

  it('is one JSON file, named as the stream is, that is whole at any time', async () => {
    await using sink = await open();
    const name = topic();
    await sink.schemas?.keep(name, version(1), never);
    const path = sink.schemas?.place(name) as string;
    expect(path).toMatch(/shop%2Fgr%C3%B6%C3%9Fe%20\d+\.schema\.json$/);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ magic: 'liberate schema history', topic: name, versions: [version(1)] });
    // What a crash has left aside is nobody's history, and in nobody's way.
    await writeFile(`${path}.new`, '{"magic":');
    expect(await sink.schemas?.history(name, never)).toEqual([version(1)]);
    await sink.schemas?.keep(name, version(2), never);
    expect((await readdir(join(path, '..'))).filter((file) => file.endsWith('.new'))).toEqual([]);
  });

  const whole = { magic: 'liberate schema history', topic: 'damaged', versions: [version(1), version(2)] };
  it.each<[string, string | object, string]>([
    ['cut off', JSON.stringify(whole).slice(0, -9), 'not JSON'],
    ['empty', '', 'not JSON'],
    ["another program's", { name: 'x' }, 'does not say'],
    ['of another stream', { ...whole, topic: 'other' }, 'not of topic "damaged"'],
    ['without versions', { ...whole, versions: null }, 'no list of versions'],
    ['with a hole', { ...whole, versions: [version(1), version(3)] }, 'version 2 is missing'],
    ['with a version twice', { ...whole, versions: [version(1), version(1)] }, 'version 2 is missing or there twice'],
    ['of an unknown format', { ...whole, versions: [{ ...version(1), format: 'yaml' }] }, 'format is not one of json'],
    ['without a model', { ...whole, versions: [{ ...version(1), model: null }] }, 'model is not an object'],
  ])('that is %s is refused, and never written over', async (_, content, says) => {
    await using sink = await open();
    await sink.check(never);
    const path = sink.schemas?.place('damaged') as string;
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(path, text);
    for (const work of [sink.schemas?.history('damaged', never), sink.schemas?.keep('damaged', version(3), never)]) {
      const fault = await faultOf(work as Promise<unknown>);
      expect([fault.code, fault.message]).toEqual(['LIB707', expect.stringContaining(says)]);
      expect(fault.message).toContain(path);
    }
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('that cannot be read or written says why', async () => {
    await using sink = await open();
    const name = topic();
    await mkdir(sink.schemas?.place(name) as string, { recursive: true });
    expect(await faultOf(sink.schemas?.history(name, never) as Promise<unknown>)).toMatchObject({
      code: 'LIB306',
      message: expect.stringContaining('a folder stands in its place'),
    });
  });
});
