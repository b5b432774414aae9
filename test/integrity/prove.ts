import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Disposables } from '../../src/kit/disposables.ts';
import type { DatabaseKind, TestDatabase } from '../support/databases.ts';
import { counts } from './checker.ts';
import { faultsOf, naive, type ProofRow, prove } from './proof.ts';
import { openPlaces } from './proof-places.ts';
import { settings, ways } from './proof-settings.ts';
import { proofTable } from './proof-table.ts';

/**
 * Holds liberate's streams against tables that sessions write to all the while, beside a naive poller:
 *
 *     npm run prove -- --seconds 60 --seed 1 --only PostgreSQL
 *
 * It starts its own servers. Exit code 1: a stream is not the table.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '12' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: '.liberate/proof.json' },
  },
});

/** What is promised of repeats: none where the stamp, the bytes and the horizon are the server's own and exact. */
const repeatsOf: Readonly<Record<DatabaseKind, 'none' | 'counted'>> = { postgres: 'none', mariadb: 'counted', sqlite: 'counted' };

const options = {
  sessions: Number(values.sessions),
  seed: Number(values.seed),
  holdMs: 1500,
  writingMs: Number(values.seconds) * 1000,
  everyMs: 200,
};
const wanted = settings.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
if (wanted.length === 0) throw new Error(`--only ${values.only} finds none of ${settings.map(({ name }) => name).join(', ')}`);

await using stack = new Disposables();
const places = stack.use(await openPlaces());
const rows: ProofRow[] = [];
const faults: string[] = [];
for (const setting of wanted) {
  await using db: TestDatabase = await places.create(setting.kind);
  const proof = await prove(db, setting, ways, options);
  rows.push(...proof.rows);
  const { committed, rolledBack } = proof.written;
  const what = `${options.sessions} writers, transactions of 0 to ${options.holdMs} ms, ${values.seconds} s, polled each ${options.everyMs} ms, seed ${options.seed}`;
  console.log(`${setting.name}: ${what}: ${committed} committed, ${rolledBack} rolled back\n${proofTable(proof.rows)}\n`);
  for (const row of proof.rows.filter(({ login }) => login !== naive)) {
    faults.push(...faultsOf(row, repeatsOf[setting.kind]).map((fault) => `${row.setting}, ${row.login}, ${row.how}: ${fault}`));
  }
}
await mkdir(dirname(values.out), { recursive: true });
const told = rows.map(({ verdict, ...row }) => ({ ...row, ...counts(verdict) }));
await writeFile(values.out, `${JSON.stringify({ options, rows: told, faults }, null, 2)}\n`);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
