import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { quoted } from '../databases/database.ts';
import { measurePipeline } from '../measure.ts';
import type { Peer, PeerTask } from './peer.ts';

const run = promisify(execFile);
const version = '1.2.0';
const script = fileURLToPath(new URL('mq_bridge_load.py', import.meta.url));

/** mq-bridge: Rust, from the Python package index. */
export const mqBridge: Peer = {
  name: `mq-bridge ${version}`,
  kinds: ['pg', 'mariadb'],
  round: async (task) => {
    const env = { ROUTE: JSON.stringify(routeOf(task)) };
    return measurePipeline(`${quoted(await python())} ${quoted(script)}`, { directory: task.directory, env });
  },
};

/** By its cursor mode, which pages by the key. A larger batch than its own 1, and acknowledged by all replicas as ours is. */
const routeOf = ({ url, table, brokers, topic, directory }: PeerTask): object => ({
  input: { sqlx: { url, table, cursor_column: 'id', cursor_id: 'bench', checkpoint_store: `file://${join(directory, 'cursor.json')}` } },
  output: { kafka: { url: brokers.join(','), topic, create_topic: false, producer_options: [['acks', 'all']] } },
  batch_size: 1000,
  exit_on_empty: true,
});

/** An environment of its own in the cache; filled once. */
async function python(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'liberate', `mq-bridge-${version}`);
  const program = join(folder, 'bin', 'python3');
  const installed = await access(join(folder, 'installed')).then(
    () => true,
    () => false,
  );
  if (installed) return program;
  await run('python3', ['-m', 'venv', '--clear', folder]);
  await run(program, ['-m', 'pip', 'install', '--quiet', `mq-bridge==${version}`], { maxBuffer: 2 ** 24 });
  await run('touch', [join(folder, 'installed')]);
  return program;
}
