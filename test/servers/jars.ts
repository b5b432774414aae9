import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The folder of the jars that a POM names, which Maven fills once per user and version of the POM. `unpacked`: what is in its archives
 * instead.
 */
export async function jarsOf(pom: URL, maven: string, unpacked = false): Promise<string> {
  const file = fileURLToPath(pom);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'liberate');
  const folder = join(cache, await folderName(file));
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  // Filled aside and renamed: the folder is complete as soon as it is there, also when two runs fill it at once.
  const filling = await mkdtemp(`${folder}-`);
  try {
    const goal = unpacked ? ['dependency:unpack-dependencies', `-DmarkersDirectory=${filling}/.markers`] : ['dependency:copy-dependencies'];
    await run(maven, ['-q', '-B', '-f', file, ...goal, `-DoutputDirectory=${filling}`], { maxBuffer: 2 ** 26 });
    await rename(filling, folder);
  } catch (error) {
    await rm(filling, { recursive: true, force: true });
    if (!(await exists(folder))) throw new Error(`Maven could not fetch the jars of ${file}`, { cause: error });
  }
  return folder;
}

async function folderName(pom: string): Promise<string> {
  const text = await readFile(pom, 'utf8');
  return `${basename(pom, '-pom.xml')}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
