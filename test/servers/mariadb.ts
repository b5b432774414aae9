import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { freePort } from '../support/free-port.ts';
import { giveTo, unprivilegedAccount } from './account.ts';
import { makeCertificates } from './certificates.ts';
import type { DatabaseFacts } from './facts.ts';
import { findPrograms, type Need, pathOf } from './programs.ts';
import { type RunningServer, startServer } from './server.ts';

const run = promisify(execFile);

const need: Need = {
  programs: ['mariadb-install-db', 'mariadbd', 'my_print_defaults'],
  folders: async () => [],
  packages: ['mariadb-server-core', 'mariadb-client-core', 'openssl'],
  instead: 'LIBERATE_TEST_MARIADB_URL',
};

export interface MariadbOptions {
  readonly timezone?: string;
  /** Further settings, as in my.cnf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startMariadb(directory: string, options: MariadbOptions = {}): Promise<RunningServer<DatabaseFacts>> {
  const programs = await findPrograms(need);
  const account = await unprivilegedAccount(['mysql', 'nobody']);
  const home = join(directory, 'mariadb');
  const data = join(home, 'data');
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  await mkdir(data, { recursive: true });
  const tls = await makeCertificates(join(home, 'tls'));
  await writeFile(join(home, 'accounts.sql'), accounts(password));
  await giveTo(account, home);
  await run(
    pathOf(programs, 'mariadb-install-db'),
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'],
    { cwd: home, ...(account ?? {}) },
  );
  const settings = {
    datadir: data,
    bind_address: '127.0.0.1',
    port: String(port),
    socket: join(home, 'mariadb.sock'),
    pid_file: join(home, 'mariadb.pid'),
    init_file: join(home, 'accounts.sql'),
    skip_name_resolve: 'on',
    max_connections: '200',
    character_set_server: 'utf8mb4',
    default_time_zone: options.timezone ?? '+00:00',
    server_id: '1',
    log_bin: 'binlog',
    binlog_format: 'ROW',
    sync_binlog: '0',
    // 2: a commit reaches the operating system, so a killed server loses none, and nothing waits for the disk.
    innodb_flush_log_at_trx_commit: '2',
    innodb_buffer_pool_size: '256M',
    ssl_ca: tls.caFile,
    ssl_cert: tls.certFile,
    ssl_key: tls.keyFile,
    ...options.settings,
  };
  const url = `mariadb://root:${password}@127.0.0.1:${port}/`;
  return startServer({
    name: 'MariaDB',
    command: pathOf(programs, 'mariadbd'),
    args: ['--no-defaults', ...Object.entries(settings).map(([name, value]) => `--${name.replaceAll('_', '-')}=${value}`)],
    directory: home,
    account,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    logFile: join(home, 'server.log'),
    facts: { url, caFile: tls.caFile },
    probe: () => answers(url),
  });
}

/** Run at every start, so each line can be run again. */
function accounts(password: string): string {
  return [
    `CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;`,
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
    '',
  ].join('\n');
}

async function answers(url: string): Promise<void> {
  // mysql2 knows the older name of the scheme only.
  const connection = await mysql.createConnection({ uri: url.replace('mariadb:', 'mysql:'), connectTimeout: 2000 });
  try {
    await connection.query('SELECT 1');
  } finally {
    connection.destroy();
  }
}
