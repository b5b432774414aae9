import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Disposables } from '../../src/kit/disposables.ts';
import type { ServerFacts } from '../servers/facts.ts';
import { startServers } from '../servers/servers.ts';
import { createPostgres } from '../support/postgres.ts';
import { type Kill, killRepeatedly } from './kill-run.ts';
import { summary } from './kill-summary.ts';

/**
 * Kills liberate as often as it is told to and prints what became of its streams:
 *
 *     npm run build && npx tsx test/integrity/soak.ts --kills 300 --seed 1
 *
 * `LIBERATE_TEST_SERVERS` names the facts of servers that run already, as for the tests.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    rows: { type: 'string', default: '40000' },
  },
});

await using stack = new Disposables();
const servers = await facts();
const db = stack.use(await createPostgres(servers.postgres));
console.log('kill  sink     lived ms  phase       events  published  repeats  broken claims');
const result = await killRepeatedly({
  db,
  brokers: servers.kafka.brokers,
  kills: Number(values.kills),
  seed: Number(values.seed),
  rows: Number(values.rows),
  onKill: (kill) => console.log(line(kill)),
});
console.log(summary(result));
const faults = Object.values(result.verdicts).flatMap(({ missing, stale, extra }) => [...missing, ...stale, ...extra]);
const broken = result.kills.flatMap((kill) => kill.broken);
for (const fault of [...faults, ...broken].slice(0, 20)) console.log(fault);
process.exitCode = faults.length + broken.length === 0 ? 0 : 1;

async function facts(): Promise<ServerFacts> {
  const file = process.env.LIBERATE_TEST_SERVERS;
  if (file !== undefined) return JSON.parse(await readFile(file, 'utf8')) as ServerFacts;
  return stack.use(await startServers(process.env)).facts;
}

function line({ number, sink, lived, phase, events, published, repeats, broken }: Kill): string {
  const cells = [
    [number, 4],
    [sink, -6],
    [lived, 9],
    [phase, -8],
    [events, 8],
    [published, 10],
    [repeats, 8],
    [broken.length, 7],
  ] as const;
  return cells.map(([value, width]) => (width < 0 ? String(value).padEnd(-width) : String(value).padStart(width))).join('  ');
}
