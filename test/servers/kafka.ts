import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { freePort } from '../support/free-port.ts';
import { makeCertificates } from './certificates.ts';
import type { KafkaFacts } from './facts.ts';
import { jarsOf } from './jars.ts';
import { type BrokerPorts, brokerProperties } from './kafka-properties.ts';
import { findPrograms, type Need, pathOf } from './programs.ts';
import { type RunningServer, startServer } from './server.ts';

const run = promisify(execFile);

const need: Need = {
  programs: ['java', 'mvn'],
  folders: async () => (process.env.JAVA_HOME ? [join(process.env.JAVA_HOME, 'bin')] : []),
  packages: ['maven', 'default-jre-headless', 'openssl'],
  instead: 'LIBERATE_TEST_KAFKA_BROKERS',
};

const logging = `
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
`;

export interface KafkaOptions {
  /** The port of a proxy: a listener (`facts.proxyTarget`) is made whose clients are sent to this port. */
  readonly proxyPort?: number;
  /** Further settings, as in server.properties. */
  readonly settings?: Readonly<Record<string, string>>;
  /** `peak`: slower to start, and then as fast as it gets. */
  readonly speed?: 'start' | 'peak';
  readonly cluster?: Cluster;
}

/** What the two brokers of a cluster have to agree on. */
interface Cluster {
  readonly id: string;
  /** The first broker's, which is the only controller. */
  readonly controller: number;
  readonly joins: boolean;
}

/** Two brokers, of which the first is the controller too. */
export async function startKafkaPair(directory: string, options: KafkaOptions = {}): Promise<readonly RunningServer<KafkaFacts>[]> {
  const cluster = { id: clusterId(), controller: await freePort() };
  const first = await startKafka(directory, { ...options, cluster: { ...cluster, joins: false } });
  try {
    return [first, await startKafka(directory, { ...options, cluster: { ...cluster, joins: true } })];
  } catch (error) {
    await first[Symbol.asyncDispose]();
    throw error;
  }
}

export async function startKafka(directory: string, options: KafkaOptions = {}): Promise<RunningServer<KafkaFacts>> {
  const programs = await findPrograms(need);
  const jars = await jarsOf(new URL('kafka-pom.xml', import.meta.url), pathOf(programs, 'mvn'));
  const java = pathOf(programs, 'java');
  const { cluster = { id: clusterId(), controller: await freePort(), joins: false } } = options;
  const home = join(directory, cluster.joins ? 'kafka-2' : 'kafka');
  const user = 'liberate';
  const password = randomBytes(12).toString('hex');
  const ports = await brokerPorts(cluster);
  await mkdir(home);
  const tls = await makeCertificates(join(home, 'tls'));
  const propertiesFile = join(home, 'server.properties');
  const plan = {
    ports,
    joins: cluster.joins ? cluster.controller : null,
    dataDirectory: join(home, 'data'),
    ...tls,
    user,
    password,
    proxyPort: options.proxyPort ?? null,
    settings: options.settings ?? {},
  };
  await writeFile(propertiesFile, brokerProperties(plan));
  await writeFile(join(home, 'log4j2.properties'), logging);
  // Without the second compiler a broker starts with half the CPU time; its peak speed is not what is tested.
  const quick = ['-XX:TieredStopAtLevel=1'];
  const classes = ['-cp', join(jars, '*')];
  await run(java, [...quick, ...classes, 'kafka.tools.StorageTool', ...formatArguments(cluster, propertiesFile, user, password)]);
  const at = (port: number): readonly string[] => [`127.0.0.1:${port}`];
  return startServer({
    name: 'Kafka',
    command: java,
    args: [
      '-Xmx512m',
      `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`,
      ...(options.speed === 'peak' ? [] : quick),
      ...classes,
      'kafka.Kafka',
      propertiesFile,
    ],
    directory: home,
    account: null,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    logFile: join(home, 'server.log'),
    facts: {
      brokers: at(ports.plain),
      proxyTarget: options.proxyPort === undefined ? null : ports.proxied,
      secure: {
        caFile: tls.caFile,
        tlsBrokers: at(ports.tls),
        saslBrokers: at(ports.sasl),
        saslTlsBrokers: at(ports.saslTls),
        user,
        password,
      },
    },
    probe: () => answers(at(ports.plain)),
  });
}

async function brokerPorts({ controller }: Cluster): Promise<BrokerPorts> {
  return {
    plain: await freePort(),
    tls: await freePort(),
    sasl: await freePort(),
    saslTls: await freePort(),
    controller,
    proxied: await freePort(),
  };
}

function clusterId(): string {
  const id = randomBytes(16);
  // One that began with "-" would be taken for an option.
  id[0] = 0;
  return id.toString('base64url');
}

function formatArguments({ id, joins }: Cluster, propertiesFile: string, user: string, password: string): readonly string[] {
  const role = joins ? '--no-initial-controllers' : '--standalone';
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${user},password=${password}]`,
  ]);
  return ['format', role, '-t', id, '-c', propertiesFile, ...(joins ? [] : scram)];
}

/** The broker lists itself only when the controller has let it in. */
async function answers(brokers: readonly string[]): Promise<void> {
  const kafka = new Kafka({
    brokers: [...brokers],
    connectionTimeout: 1000,
    requestTimeout: 2000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length === 0 || cluster.controller === null) throw new Error('the broker is not in the cluster yet');
  } finally {
    await admin.disconnect();
  }
}
