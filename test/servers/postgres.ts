import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../support/free-port.ts';
import { type Account, giveTo, unprivilegedAccount } from './account.ts';
import { makeCertificates } from './certificates.ts';
import type { DatabaseFacts } from './facts.ts';
import { findPrograms, type Need, pathOf, versionedFolders } from './programs.ts';
import { type RunningServer, startServer } from './server.ts';

const run = promisify(execFile);

const need: Need = {
  programs: ['initdb', 'postgres'],
  folders: () => versionedFolders('/usr/lib/postgresql', 'bin'),
  packages: ['postgresql', 'openssl'],
  instead: 'LIBERATE_TEST_POSTGRES_URL',
};

export interface PostgresOptions {
  readonly timezone?: string;
  /** Further settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startPostgres(directory: string, options: PostgresOptions = {}): Promise<RunningServer<DatabaseFacts>> {
  const programs = await findPrograms(need);
  const account = await unprivilegedAccount(['postgres', 'nobody']);
  const home = join(directory, 'postgres');
  const data = join(home, 'data');
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  await mkdir(home);
  const tls = await makeCertificates(join(home, 'tls'));
  await writeFile(join(home, 'password'), password);
  await giveTo(account, home);
  await run(
    pathOf(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--no-locale', '-A', 'scram-sha-256', '--pwfile', join(home, 'password'), '--no-sync'],
    { cwd: home, ...(account ?? {}) },
  );
  const settings = {
    ...common(port),
    wal_level: 'logical',
    timezone: options.timezone ?? 'UTC',
    ssl: 'on',
    ssl_cert_file: tls.certFile,
    ssl_key_file: tls.keyFile,
    ...options.settings,
  };
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  return serve({ programs, home, data, account, settings, facts: { url, caFile: tls.caFile } });
}

/** A standby that follows the primary by streaming: a copy of it that only reads, some milliseconds behind. */
export async function startStandby(
  directory: string,
  primary: DatabaseFacts,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningServer<DatabaseFacts>> {
  const programs = await findPrograms({ ...need, programs: ['pg_basebackup', 'postgres'] });
  const account = await unprivilegedAccount(['postgres', 'nobody']);
  const home = join(directory, 'standby');
  const data = join(home, 'data');
  const port = await freePort();
  await mkdir(home);
  await giveTo(account, home);
  await run(pathOf(programs, 'pg_basebackup'), ['-D', data, '-d', primary.url, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'], {
    cwd: home,
    ...(account ?? {}),
  });
  const url = new URL(primary.url);
  url.port = String(port);
  return serve({ programs, home, data, account, settings: { ...common(port), ...settings }, facts: { url: url.href, caFile: null } });
}

interface Cluster {
  readonly programs: ReadonlyMap<string, string>;
  readonly home: string;
  readonly data: string;
  readonly account: Account | null;
  readonly settings: Readonly<Record<string, string>>;
  readonly facts: DatabaseFacts;
}

function serve({ programs, home, data, account, settings, facts }: Cluster): Promise<RunningServer<DatabaseFacts>> {
  return startServer({
    name: 'PostgreSQL',
    command: pathOf(programs, 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    directory: home,
    account,
    // "Fast": open sessions are ended, not waited for.
    stopSignal: 'SIGINT',
    // "Immediate" is PostgreSQL's own crash. After SIGKILL its children would hold the shared memory for a while.
    killSignal: 'SIGQUIT',
    logFile: join(home, 'server.log'),
    facts,
    probe: () => answers(facts.url),
  });
}

/** Settings of every server; a standby must allow as much as its primary. */
function common(port: number): Readonly<Record<string, string>> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    max_prepared_transactions: '20',
    shared_buffers: '256MB',
    // Commits still reach the operating system (synchronous_commit stays on), so a killed server loses none.
    fsync: 'off',
    full_page_writes: 'off',
    log_timezone: 'UTC',
  };
}

async function answers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => {});
  }
}
