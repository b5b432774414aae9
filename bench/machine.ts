import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const root = fileURLToPath(new URL('..', import.meta.url));

/** What figures depend on besides the code: two of them compare only where these are the same. */
export interface Machine {
  readonly date: string;
  /** With `+` where files differ from it. */
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly system: string;
  readonly node: string;
}

export async function machineFacts(): Promise<Machine> {
  return {
    date: new Date().toISOString(),
    commit: await commit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

async function commit(): Promise<string> {
  const git = async (...args: readonly string[]): Promise<string> => (await run('git', ['-C', root, ...args])).stdout.trim();
  try {
    return `${await git('rev-parse', '--short=10', 'HEAD')}${(await git('status', '--porcelain')) === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

/** Kafka's, as its jars are asked for. */
export async function kafkaVersion(): Promise<string> {
  const pom = await readFile(new URL('../test/servers/kafka-pom.xml', import.meta.url), 'utf8');
  return /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>(.+)<\/version>/.exec(pom)?.[1] ?? 'unknown';
}
