import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { jarsOf } from './jars.ts';
import { newestJava } from './java.ts';
import { findPrograms, type Need, pathOf } from './programs.ts';
import { type RunningServer, startServer } from './server.ts';

const need: Need = {
  programs: ['java', 'mvn'],
  folders: async () => [],
  packages: ['maven', 'default-jre-headless'],
  instead: 'LIBERATE_TEST_REGISTRY_URL',
};

/** Apicurio Registry, whose API for Confluent's clients is at `url`. It forgets everything when it ends. */
export async function startApicurio(directory: string): Promise<RunningServer<{ readonly url: string }>> {
  const programs = await findPrograms(need);
  const java = await newestJava(pathOf(programs, 'java'));
  const pom = java.version >= 21 ? 'apicurio-pom.xml' : 'apicurio-java17-pom.xml';
  const folder = await jarsOf(new URL(pom, import.meta.url), pathOf(programs, 'mvn'), true);
  const home = join(directory, 'apicurio');
  await mkdir(home);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const settings = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.management.host': '127.0.0.1',
    'quarkus.management.port': await freePort(),
  };
  return startServer({
    name: 'Apicurio Registry',
    command: java.path,
    args: [
      '-Xmx256m',
      // Up in half the time; how fast it gets is not what is tested.
      '-XX:TieredStopAtLevel=1',
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      '-jar',
      join(folder, 'quarkus-run.jar'),
    ],
    directory: home,
    account: null,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    logFile: join(home, 'server.log'),
    facts: { url },
    probe: async () => {
      const { status } = await fetch(`${url}/subjects`);
      if (status !== 200) throw new Error(`it answers ${status}`);
    },
  });
}
