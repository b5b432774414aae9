import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { jarsOf } from '../servers/jars.ts';
import { newestJava } from '../servers/java.ts';
import { findPrograms, type Need, pathOf } from '../servers/programs.ts';

const need: Need = {
  programs: ['java', 'mvn'],
  folders: async () => [],
  // The source is compiled when it is run.
  packages: ['maven', 'default-jdk-headless'],
  instead: 'a machine with Java',
};

const poms = { ReadEvents: 'apicurio-serdes-pom.xml', ReadRecords: 'connect-pom.xml' } as const;

/** What the deserialiser of a format makes of each event's value and writes again. `registry`: its own API, not Confluent's. */
export async function readByApicurio(
  format: 'avro' | 'json-schema' | 'protobuf',
  registry: string,
  events: readonly Buffer[],
): Promise<readonly Buffer[]> {
  const lines = events.map((event) => event.toString('base64'));
  const told = (await answersOf('ReadEvents', [format, `${registry}/v3`], lines)) as readonly string[];
  return told.map((event) => Buffer.from(event, 'base64'));
}

export interface ConnectRecord {
  /** Each value under what it is: `{ int64: '7' }`. */
  readonly key: Readonly<Record<string, unknown>> | null;
  readonly value: Readonly<Record<string, unknown>> | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Settings of Debezium's ExtractNewRecordState; `plain`: it is not in between. */
export type Unwrap = Readonly<Record<string, string>> | 'plain';

/**
 * The records that sinks of Kafka Connect are given, a list for each; null: the transform lets none through. `converter`: of JSON with its
 * schemas, or of Avro, by the URL of the registry's own API.
 */
export async function readByConnect(
  converter: 'json' | { readonly registry: string },
  records: readonly { readonly key: Buffer | null; readonly value: Buffer | null }[],
  sinks: readonly Unwrap[],
): Promise<readonly (readonly (ConnectRecord | null)[])[]> {
  const settings = sinks.map((sink) =>
    sink === 'plain'
      ? sink
      : Object.entries(sink)
          .map((setting) => setting.join('='))
          .join(' '),
  );
  const args = [converter === 'json' ? 'json' : `${converter.registry}/v2`, ...settings];
  const lines = records.map(({ key, value }) => `${key?.toString('base64') ?? '-'} ${value?.toString('base64') ?? '-'}`);
  const told = (await answersOf('ReadRecords', args, lines)) as readonly (readonly (ConnectRecord | null)[])[];
  return sinks.map((_, sink) => told.map((given) => given[sink] ?? null));
}

/** A line of JSON for each line. A first run fetches the jars. */
async function answersOf(program: keyof typeof poms, args: readonly string[], lines: readonly string[]): Promise<readonly unknown[]> {
  const programs = await findPrograms(need);
  const jars = await jarsOf(new URL(`../servers/${poms[program]}`, import.meta.url), pathOf(programs, 'mvn'));
  const { path } = await newestJava(pathOf(programs, 'java'));
  const source = fileURLToPath(new URL(`${program}.java`, import.meta.url));
  const child = spawn(path, ['-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`, source, ...args]);
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const answers = out.split('\n').filter((line) => line.startsWith('[') || line.startsWith('"'));
  if (answers.length !== lines.length) throw new Error(`Java answered ${answers.length} of ${lines.length} lines:\n${err.slice(0, 4000)}`);
  return answers.map((line) => JSON.parse(line) as unknown);
}
