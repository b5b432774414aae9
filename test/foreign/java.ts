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

/** What a Java program makes of each event, as ReadEvents.java tells it. */
export async function readByJava(
  how: readonly ['connect'] | readonly ['avro', string],
  events: readonly Buffer[],
): Promise<readonly unknown[]> {
  const programs = await findPrograms(need);
  const jars = await jarsOf(new URL('../servers/interop-pom.xml', import.meta.url), pathOf(programs, 'mvn'));
  const { path } = await newestJava(pathOf(programs, 'java'));
  const source = fileURLToPath(new URL('ReadEvents.java', import.meta.url));
  const child = spawn(path, ['-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`, source, ...how]);
  child.stdin.end(events.map((event) => `${event.toString('base64')}\n`).join(''));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const lines = out.split('\n').filter((line) => line.startsWith('{') || line.startsWith('"'));
  if (lines.length !== events.length) throw new Error(`Java read ${lines.length} of ${events.length} events:\n${err.slice(0, 4000)}`);
  return lines.map((line) => JSON.parse(line) as unknown);
}
