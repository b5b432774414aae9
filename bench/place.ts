import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startApicurio } from '../test/servers/apicurio.ts';
import { startKafka } from '../test/servers/kafka.ts';
import { startMariadb } from '../test/servers/mariadb.ts';
import { startPostgres } from '../test/servers/postgres.ts';
import { findPrograms } from '../test/servers/programs.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import type { Database, Kind } from './databases/database.ts';
import { openMariadb } from './databases/mariadb.ts';
import { openPostgres } from './databases/postgres.ts';
import { openSqlite } from './databases/sqlite.ts';
import { kafkaVersion } from './machine.ts';
import { openTopics, type Topics } from './topics.ts';

/** The servers and folders of one run of the bench: its own, started when a case first asks, and gone at its end. */
export interface Place extends AsyncDisposable {
  database(kind: Kind): Promise<Database>;
  topics(): Promise<Topics>;
  /** The URL of a schema registry. */
  registry(): Promise<string>;
  /** A new folder. */
  folder(name: string): Promise<string>;
  /** Of what was started. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Settings that a server of this size would have; what a crash would lose plays no part in reading. Peers read the log. */
const postgresSettings = { shared_buffers: '1GB', max_wal_size: '4GB', wal_level: 'logical' };
const mariadbSettings = { innodb_buffer_pool_size: '1G', innodb_log_file_size: '1G' };
/** Deleted topics leave the disk within seconds, not a minute. */
const kafkaSettings = { 'file.delete.delay.ms': '1000' };

export async function openPlace(note: (text: string) => void): Promise<Place> {
  await findClients();
  const directory = await temporaryDirectory('liberate-bench-');
  const open: AsyncDisposable[] = [directory];
  const versions: Record<string, string> = {};
  const kept = <T extends AsyncDisposable>(opened: T): T => {
    open.unshift(opened);
    return opened;
  };
  const openDatabase = async (kind: Kind): Promise<Database> => {
    note(`starting ${kind}`);
    const database = await opened[kind](directory.path, kept);
    versions[database.title] = database.version;
    return kept(database);
  };
  const databases = new Map<Kind, Promise<Database>>();
  let topics: Promise<Topics> | null = null;
  let registry: Promise<string> | null = null;
  let folders = 0;
  return {
    database: (kind) => {
      const known = databases.get(kind) ?? openDatabase(kind);
      databases.set(kind, known);
      return known;
    },
    topics: () => {
      topics ??= (async () => {
        note('starting kafka');
        const server = kept(await startKafka(directory.path, { settings: kafkaSettings, speed: 'peak' }));
        versions['Kafka'] = await kafkaVersion();
        return kept(await openTopics(server.facts.brokers));
      })();
      return topics;
    },
    registry: () => {
      registry ??= (async () => {
        note('starting a schema registry');
        return kept(await startApicurio(directory.path)).facts.url;
      })();
      return registry;
    },
    folder: async (name) => {
      folders += 1;
      const path = join(directory.path, `${name}-${folders}`);
      await mkdir(path);
      return path;
    },
    versions,
    [Symbol.asyncDispose]: async () => {
      for (const each of open) await each[Symbol.asyncDispose]();
    },
  };
}

type Keep = <T extends AsyncDisposable>(opened: T) => T;

const opened: Readonly<Record<Kind, (directory: string, kept: Keep) => Promise<Database>>> = {
  pg: async (directory, kept) => openPostgres(kept(await startPostgres(directory, { settings: postgresSettings })).facts.url),
  mariadb: async (directory, kept) => openMariadb(kept(await startMariadb(directory, { settings: mariadbSettings })).facts.url),
  sqlite: (directory) => openSqlite(directory),
};

/** What the ceilings are made of, installed where that is possible. */
async function findClients(): Promise<void> {
  const clients = {
    programs: ['kcat', 'psql', 'mariadb'],
    folders: async () => [],
    packages: ['kcat', 'postgresql-client', 'mariadb-client-core'],
    instead: 'PATH',
  };
  await findPrograms(clients).catch((cause: unknown) => {
    throw new Error('the ceilings need kcat, psql and mariadb: install the packages kcat, postgresql-client and mariadb-client', { cause });
  });
}
