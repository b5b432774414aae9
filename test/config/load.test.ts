import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configFromObject, loadConfig } from '../../src/config/read-jobs-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const text = 'source: sqlite:shop.db\nsink: ndjson:out\njobs:\n  a: { query: sql/a.sql, where: "${file:secret}" }\n';

describe('a jobs file on disk', () => {
  test('is read with the files it names, relative to its own folder', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'shop.jobs.yml');
    await mkdir(join(directory.path, 'sql'));
    await writeFile(path, `\uFEFF${text.replaceAll('\n', '\r\n')}`);
    await writeFile(join(directory.path, 'sql/a.sql'), 'select 1\n');
    await writeFile(join(directory.path, 'secret'), 'x > 1\r\n');
    const result = await loadConfig(path, {});
    expect(result).toMatchObject({
      ok: true,
      config: {
        file: path,
        directory: directory.path,
        sources: { default: { url: join(directory.path, 'shop.db') } },
        state: { url: join(directory.path, 'shop.jobs.state.db') },
        jobs: [{ what: { text: 'select 1\n', file: 'sql/a.sql' }, where: 'x > 1', at: `${path}:4:3` }],
      },
    });
  });

  test('that cannot be read is a problem', async () => {
    await using directory = await temporaryDirectory();
    const binary = join(directory.path, 'binary.yaml');
    await writeFile(binary, Buffer.from([0xff, 0xfe, 0x00]));
    const found = await Promise.all([join(directory.path, 'none.yaml'), directory.path, binary].map((path) => loadConfig(path, {})));
    const messages = found.map((result) => (result.ok ? [] : result.problems.map(({ code, at, message }) => [code, at, message])));
    expect(messages).toEqual([
      [['LIB101', `${join(directory.path, 'none.yaml')}:1:1`, 'the jobs file cannot be read: it does not exist']],
      [['LIB101', `${directory.path}:1:1`, 'the jobs file cannot be read: it is a folder']],
      [['LIB101', `${binary}:1:1`, 'the jobs file cannot be read: it is not readable as UTF-8 text']],
    ]);
  });

  test('whose query and secret cannot be read names both', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'jobs.yaml');
    await writeFile(path, text);
    await mkdir(join(directory.path, 'secret'));
    await chmod(directory.path, 0o755);
    const result = await loadConfig(path, {});
    expect(result.ok ? [] : result.problems.map(({ code, line, column, message }) => [code, line, column, message])).toEqual([
      ['LIB101', 4, 15, 'job "a": query names an .sql file that cannot be read: it does not exist'],
      ['LIB107', 4, 33, 'job "a": where uses ${file:secret}, which cannot be read: it is a folder'],
    ]);
  });
});

test('an object is checked as a file is', () => {
  const jobs = { a: { table: 'a', batch: 10n, cursor: 'c', initial: { from: 9007199254740993n } } };
  const result = configFromObject({ source: 'sqlite:x.db', sink: 'stdout', jobs }, '/srv', { A: 'x' });
  expect(result).toMatchObject({ ok: true, config: { directory: '/srv', jobs: [{ batch: 10, initial: { value: '9007199254740993' } }] } });
  for (const wrong of [null, undefined, 3, 'x', [], new Date(0), () => {}]) {
    expect(configFromObject(wrong, '/srv', {})).toMatchObject({ ok: false, problems: [{ code: 'LIB102' }] });
  }
  expect(
    configFromObject({ source: 'sqlite:x.db', sink: 'stdout', jobs: { a: { table: 'a', every: new Date(0) } } }, '/srv', {}),
  ).toMatchObject({
    problems: [{ code: 'LIB103', at: 'jobs.a.every', message: 'job "a": every is a Date' }],
  });
});
