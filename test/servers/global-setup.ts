import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { TestProject } from 'vitest/node';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { ServerFacts } from './facts.ts';
import { registryStarter } from './registry-starter.ts';
import { startServers } from './servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly servers: ServerFacts;
  }
}

/** Before the tests of the project `real`: starts the servers, or uses those of LIBERATE_TEST_SERVERS. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const file = process.env.LIBERATE_TEST_SERVERS;
  if (file) {
    const running = await runningServers(file);
    const directory = await temporaryDirectory('liberate-registry-');
    // Of this run alone: it is started only where a test asks for it.
    const registry = await registryStarter(process.env, directory.path);
    project.provide('servers', { ...running, registry: registry.facts });
    return async () => {
      await registry[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    };
  }
  const servers = await startServers(process.env, (line) => console.log(line));
  project.provide('servers', servers.facts);
  return async () => servers[Symbol.asyncDispose]();
}

async function runningServers(file: string): Promise<ServerFacts> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`LIBERATE_TEST_SERVERS=${file} cannot be read: start test/servers/main.ts with --facts ${file}`, {
      cause,
    });
  });
  const facts: ServerFacts = JSON.parse(text);
  const addresses = [new URL(facts.postgres.url).host, new URL(facts.mariadb.url).host, ...facts.kafka.brokers];
  // One clear message instead of a failure in each test.
  await Promise.all(addresses.map((address) => listens(address, file)));
  return facts;
}

function listens(address: string, file: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 5000 });
    const fail = (cause?: unknown): void => {
      socket.destroy();
      reject(
        new Error(`LIBERATE_TEST_SERVERS=${file} names ${address}, where nothing answers: start test/servers/main.ts again`, { cause }),
      );
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', fail);
    socket.once('timeout', fail);
  });
}
