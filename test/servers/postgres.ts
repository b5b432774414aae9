import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../support/free-port.ts';
import { giveTo, unprivilegedAccount } from './account.ts';
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
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    wal_level: 'logical',
    max_connections: '200',
    max_prepared_transactions: '20',
    shared_buffers: '256MB',
    // Commits still reach the operating system (synchronous_commit stays on), so a killed server loses none.
    fsync: 'off',
    full_page_writes: 'off',
    timezone: options.timezone ?? 'UTC',
    log_timezone: 'UTC',
    ssl: 'on',
    ssl_cert_file: tls.certFile,
    ssl_key_file: tls.keyFile,
    ...options.settings,
  };
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
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
    facts: { url, caFile: tls.caFile },
    probe: () => answers(url),
  });
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
