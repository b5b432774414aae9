import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jarsOf } from '../../test/servers/jars.ts';
import { findPrograms, pathOf } from '../../test/servers/programs.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Usage } from '../measure.ts';
import { cpuSecondsOf } from '../process-stat.ts';
import type { Peer, PeerTask } from './peer.ts';

const pom = new URL('debezium-pom.xml', import.meta.url);

/** Debezium's first snapshot in a Kafka Connect of its own, from Maven Central. */
export const debezium: Peer = {
  name: 'Debezium 3.3.1',
  kinds: ['pg'],
  round: async (task) => {
    const programs = await findPrograms({
      programs: ['java', 'mvn'],
      folders: async () => [],
      packages: ['maven', 'default-jre-headless'],
      instead: 'PATH',
    });
    const jars = await jarsOf(pom, pathOf(programs, 'mvn'));
    await writeFile(join(task.directory, 'worker.properties'), properties(await workerOf(task)));
    await writeFile(join(task.directory, 'connector.properties'), properties(connectorOf(task)));
    const classes = ['-cp', join(jars, '*'), 'org.apache.kafka.connect.cli.ConnectStandalone', 'worker.properties', 'connector.properties'];
    return untilRead(pathOf(programs, 'java'), ['-Xmx2g', ...classes], task);
  },
};

/** Plain JSON as ours, acknowledged by all replicas, with batches that fill: tuned for a load. */
const workerOf = async ({ brokers, directory }: PeerTask): Promise<Readonly<Record<string, string>>> => ({
  'bootstrap.servers': brokers.join(','),
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'key.converter.schemas.enable': 'false',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
  'offset.storage.file.filename': join(directory, 'offsets'),
  'offset.flush.interval.ms': '10000',
  listeners: `http://127.0.0.1:${await freePort()}`,
  'connector.client.config.override.policy': 'All',
});

function connectorOf({ url, table, topic }: PeerTask): Readonly<Record<string, string>> {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    name: 'bench',
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'database.hostname': hostname,
    'database.port': port,
    'database.user': decodeURIComponent(username),
    'database.password': decodeURIComponent(password),
    'database.dbname': pathname.slice(1),
    'topic.prefix': 'bench',
    'table.include.list': `public.${table}`,
    'plugin.name': 'pgoutput',
    'slot.name': 'bench',
    'slot.drop.on.stop': 'true',
    'publication.autocreate.mode': 'filtered',
    'snapshot.mode': 'initial_only',
    'snapshot.fetch.size': '10000',
    'max.batch.size': '16384',
    'max.queue.size': '65536',
    'producer.override.acks': 'all',
    'producer.override.linger.ms': '50',
    'producer.override.batch.size': '900000',
    // The row as it is, to the topic that is counted.
    transforms: 'unwrap,route',
    'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.route.regex': '.*',
    'transforms.route.replacement': topic,
  };
}

const properties = (all: Readonly<Record<string, string>>): string =>
  Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** It does not end by itself: it is over when all rows are in the topic. */
async function untilRead(java: string, args: readonly string[], { directory, rows, count }: PeerTask): Promise<Usage> {
  const log = await open(join(directory, 'log'), 'w');
  const begin = performance.now();
  const child = spawn(java, args, { cwd: directory, stdio: ['ignore', log.fd, log.fd] });
  const ended = once(child, 'exit').then(() => true);
  try {
    while ((await count()) < rows) {
      if (await Promise.race([ended, sleep(50, false)]))
        throw new Error(`Debezium ended early: ${(await readFile(join(directory, 'log'), 'utf8')).slice(-1500)}`);
    }
    const wallSeconds = (performance.now() - begin) / 1000;
    const [stat, status] = await Promise.all(['stat', 'status'].map((file) => readFile(`/proc/${child.pid}/${file}`, 'utf8')));
    const peak = Number(/^VmHWM:\s*(\d+) kB$/m.exec(status as string)?.[1]) / 1024;
    return { wallSeconds, cpuSeconds: cpuSecondsOf(stat as string), peakMegabytes: peak };
  } finally {
    // In order, so that the slot does not stay and hold the server's log back.
    child.kill('SIGTERM');
    await ended;
    await log.close();
  }
}
