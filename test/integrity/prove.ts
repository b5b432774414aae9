import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Disposables } from '../../src/kit/disposables.ts';
import type { DatabaseKind, TestDatabase } from '../support/databases.ts';
import { counts } from './checker.ts';
import { type Held, holdOpen } from './held-open.ts';
import { faultsOf, naive, type ProofRow, prove } from './proof.ts';
import { openPlaces } from './proof-places.ts';
import { type Setting, settings, standbySetting } from './proof-settings.ts';
import { type HeldRow, heldTable, proofTable } from './proof-table.ts';

/**
 * Holds liberate's streams against tables that sessions write to all the while, beside a naive poller:
 *
 *     npm run prove -- --seconds 60 --seed 1 --only PostgreSQL
 *
 * Then it leaves a transaction open for as long, and looks whether others' rows wait for it. It starts its own servers. Exit
 * code 1: a stream is not the table, or a row came late.
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
await using stack = new Disposables();
const places = stack.use(await openPlaces());
const standby = standbySetting((db) => places.follow(db));
const known = [...settings, standby];
const wanted = known.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
if (wanted.length === 0) throw new Error(`--only ${values.only} finds none of ${known.map(({ name }) => name).join(', ')}`);

const rows: ProofRow[] = [];
const faults: string[] = [];
for (const setting of wanted) {
  await using db: TestDatabase = await places.create(setting.kind);
  const proof = await prove(db, setting, options);
  rows.push(...proof.rows);
  const { committed, rolledBack } = proof.written;
  const what = `${options.sessions} writers, transactions of 0 to ${options.holdMs} ms, ${values.seconds} s, polled each ${options.everyMs} ms, seed ${options.seed}`;
  console.log(`${setting.name}: ${what}: ${committed} committed, ${rolledBack} rolled back\n${proofTable(proof.rows)}\n`);
  for (const row of proof.rows.filter(({ login }) => login !== naive)) {
    faults.push(...faultsOf(row, repeatsOf[setting.kind]).map((fault) => `${row.setting}, ${row.login}, ${row.how}: ${fault}`));
  }
}
const held: HeldRow[] = [];
// A standby cannot see it: there a transaction may stay open for as long as the look-back, and no longer.
const watched = wanted.filter((setting) => setting.kind !== 'sqlite' && !setting.unseen && setting !== standby);
for (const setting of watched) held.push(...(await leaveOpen(setting)));
if (held.length > 0)
  console.log(
    `a transaction that is left open for ${values.seconds} s, others' rows polled each ${options.everyMs} ms\n${heldTable(held)}\n`,
  );
for (const { setting, where, late, early, faults: found } of held) {
  faults.push(
    ...[...late.map((row) => `${row} came late`), ...early.map((table) => `${table}: uncommitted`), ...found].map(
      (fault) => `${setting}, open ${where}: ${fault}`,
    ),
  );
}

await mkdir(dirname(values.out), { recursive: true });
const told = rows.map(({ verdict, ...row }) => ({ ...row, ...counts(verdict) }));
await writeFile(values.out, `${JSON.stringify({ options, rows: told, held, faults }, null, 2)}\n`);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Both places at once: each has databases of its own. */
function leaveOpen({ name, kind }: Setting): Promise<readonly HeldRow[]> {
  return Promise.all(
    (['here', 'in another database'] as const).map(async (where): Promise<HeldRow> => {
      await using db = await places.create(kind);
      await using other = await places.create(kind);
      const found: Held = await holdOpen(db, other, { where, holdMs: options.writingMs, everyMs: options.everyMs });
      return { setting: name, where, ...found };
    }),
  );
}
