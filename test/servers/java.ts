import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Java {
  readonly path: string;
  /** 17, 21, … */
  readonly version: number;
}

/** The newest Java among those of the system and `other`, which is known to run. */
export async function newestJava(other: string): Promise<Java> {
  const machines = await readdir('/usr/lib/jvm').catch(() => []);
  const homes = [...machines.map((name) => join('/usr/lib/jvm', name)), ...(process.env.JAVA_HOME ? [process.env.JAVA_HOME] : [])];
  const found = await Promise.all([...homes.map((home) => join(home, 'bin', 'java')), other].map(javaAt));
  const newest = found.filter((one) => one !== null).sort((a, b) => b.version - a.version)[0];
  if (newest === undefined) throw new Error(`${other} does not say which Java it is`);
  return newest;
}

async function javaAt(path: string): Promise<Java | null> {
  try {
    // Throws at once where the path leads through a file.
    const { stderr } = await run(path, ['-version']);
    const version = Number(/version "(\d+)/.exec(stderr)?.[1]);
    return Number.isInteger(version) ? { path, version } : null;
  } catch {
    return null;
  }
}
