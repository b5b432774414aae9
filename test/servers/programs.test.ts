import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { findPrograms, pathOf, versionedFolders } from './programs.ts';

test('a program of the highest version is found before those of lower ones and of PATH', async () => {
  await using directory = await temporaryDirectory();
  for (const version of ['9', '15', '9.6', 'share']) {
    const bin = join(directory.path, version, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'sh'), '');
    await chmod(join(bin, 'sh'), 0o755);
  }
  const programs = await findPrograms({
    programs: ['sh'],
    folders: () => versionedFolders(directory.path, 'bin'),
    packages: [],
    instead: 'NOTHING',
  });
  expect(pathOf(programs, 'sh')).toBe(join(directory.path, '15', 'bin', 'sh'));
});

test('a folder that does not exist has no versions', async () => {
  expect(await versionedFolders('/does/not/exist', 'bin')).toEqual([]);
});
