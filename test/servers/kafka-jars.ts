import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const pom = fileURLToPath(new URL('kafka-pom.xml', import.meta.url));

/** The folder of Kafka's jars, which Maven fills once per user and version of the POM. */
export async function kafkaJars(maven: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'liberate');
  const folder = join(cache, await folderName());
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  // Filled aside and renamed: the folder is complete as soon as it is there, also when two runs fill it at once.
  const filling = await mkdtemp(`${folder}-`);
  try {
    await run(maven, ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${filling}`], {
      maxBuffer: 2 ** 26,
    });
    await rename(filling, folder);
  } catch (error) {
    await rm(filling, { recursive: true, force: true });
    if (!(await exists(folder))) throw new Error(`Maven could not fetch the jars of ${pom}`, { cause: error });
  }
  return folder;
}

async function folderName(): Promise<string> {
  const text = await readFile(pom, 'utf8');
  const version = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>(.+)<\/version>/.exec(text)?.[1];
  return `kafka-${version}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
