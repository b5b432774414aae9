import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { DatabaseFacts, KafkaFacts, ServerFacts } from './facts.ts';
import { startKafka } from './kafka.ts';
import { startMariadb } from './mariadb.ts';
import { startPostgres } from './postgres.ts';
import { registryStarter } from './registry-starter.ts';

export interface Servers extends AsyncDisposable {
  readonly facts: ServerFacts;
}

/** A server, ours or the user's. */
interface Part<Facts> extends AsyncDisposable {
  readonly facts: Facts;
}

/** Starts, all at once, those servers that the environment does not name. */
export async function startServers(environment: NodeJS.ProcessEnv, say: (line: string) => void = () => {}): Promise<Servers> {
  const directory = await temporaryDirectory('liberate-servers-');
  const registry = await registryStarter(environment, directory.path);
  const begin = Date.now();
  const note = async <Facts>(name: string, starting: Promise<Part<Facts>>, address: (facts: Facts) => string): Promise<Part<Facts>> => {
    const part = await starting;
    say(`${name}: ${address(part.facts)} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
    return part;
  };
  const {
    LIBERATE_TEST_POSTGRES_URL: postgresUrl,
    LIBERATE_TEST_MARIADB_URL: mariadbUrl,
    LIBERATE_TEST_KAFKA_BROKERS: brokers,
  } = environment;
  const starting = [
    note('PostgreSQL', postgresUrl ? given({ url: postgresUrl, caFile: null }) : startPostgres(directory.path), hostOf),
    note('MariaDB', mariadbUrl ? given({ url: mariadbUrl, caFile: null }) : startMariadb(directory.path), hostOf),
    note(
      'Kafka',
      brokers ? given<KafkaFacts>({ brokers: brokers.split(','), proxyTarget: null, secure: null }) : startKafka(directory.path),
      (facts) => facts.brokers.join(','),
    ),
  ] as const;
  const settled = await Promise.allSettled(starting);
  const stop = async (): Promise<void> => {
    await Promise.all(settled.map(async (part) => part.status === 'fulfilled' && part.value[Symbol.asyncDispose]()));
    await registry[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  };
  try {
    const [postgres, mariadb, kafka] = await Promise.all(starting);
    return {
      facts: { postgres: postgres.facts, mariadb: mariadb.facts, kafka: kafka.facts, registry: registry.facts },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function given<Facts>(facts: Facts): Promise<Part<Facts>> {
  return { facts, [Symbol.asyncDispose]: async () => {} };
}

function hostOf(facts: DatabaseFacts): string {
  return new URL(facts.url).host;
}
