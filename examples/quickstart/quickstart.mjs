/**
 * The main job on the embedded default, from an empty folder: loads the sample shop into SQLite, publishes
 * three jobs to NDJSON, changes some rows, polls again, and holds the streams against the tables.
 * Run it with `npm run quickstart`; what it made stays in `quickstart/` to be looked at.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import Table from 'cli-table3';
import pc from 'picocolors';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}quickstart`;
const jobsFile = `${folder}/jobs.yaml`;

const jobs = `source: sqlite:shop.db
sink: ndjson:out
jobs:
  customers:     { table: customers, cursor: updated_at, every: 10s }
  payments:      { table: payments, cursor: id, every: 5s }
  order_summary: { query: ../queries/order_summary.sql, key: order_id, cursor: updated_at, schedule: "*/5 * * * *" }
`;

const names = ['customers', 'payments', 'order_summary'];

const step = (number, text) => console.log(`\n${pc.bold(pc.cyan(String(number)))} ${pc.bold(text)}\n`);
const indent = (text) => text.replace(/^/gm, '  ');
const print = (text) => console.log(indent(text));

function liberate(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}bin/liberate.js`, ...args], { encoding: 'utf8' });
  if (status !== 0) {
    console.error(stderr);
    process.exit(status ?? 1);
  }
  return { stdout, stderr };
}

/** One run of every job; what each published, as its last log line says. */
function runOnce() {
  const startedAt = performance.now();
  const { stderr } = liberate('run', jobsFile, '--once', '--log-level', 'debug');
  const lines = stderr.trim().split('\n').map((line) => JSON.parse(line));
  const ends = new Map(lines.filter(({ outcome }) => outcome === 'ok').map(({ job, published }) => [job, published]));
  return { ms: performance.now() - startedAt, published: new Map(names.map((name) => [name, ends.get(name)])) };
}

const events = (topic) =>
  readFileSync(`${folder}/out/${topic}.ndjson`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The newest event of each key: what a consumer's table would hold. */
function fold(topic) {
  const table = new Map();
  for (const { key, value } of events(topic)) {
    if (value === null) table.delete(JSON.stringify(key));
    else table.set(JSON.stringify(key), value);
  }
  return table;
}

const line = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' };
const bare = { ...line, left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' };

function table(head, rows) {
  const out = new Table({ chars: bare, style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] } });
  out.push(head.map((name) => pc.dim(name)), ...rows);
  print(out.toString());
}

const short = (value) => {
  const text = JSON.stringify(value);
  return text.length <= 64 ? text : `${text.slice(0, 63)}…`;
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
writeFileSync(jobsFile, jobs);
const shop = new Database(`${folder}/shop.db`);
shop.pragma('journal_mode = WAL');
shop.exec(readFileSync(`${root}fixtures/shop.sqlite.sql`, 'utf8'));

step(1, 'A database, and one file that says what leaves it (quickstart/jobs.yaml)');
print(pc.dim(jobs.trimEnd()));

step(2, 'liberate run quickstart/jobs.yaml --once: the first run loads everything');
const first = runOnce();
table(
  ['job', 'events', 'the first one: key', 'value'],
  [...first.published].map(([job, published]) => {
    const [event] = events(job);
    return [job, published, short(event.key), short(event.value)];
  }),
);

step(3, 'The shop goes on');
const before = new Map(names.map((topic) => [topic, events(topic).length]));
const changes = [
  ['a customer changes her e-mail address', "UPDATE customers SET email = 'new.address@example.org' WHERE id = (SELECT min(id) FROM customers)"],
  ['an order is paid', "INSERT INTO payments (order_id, method, amount_cents) SELECT max(id), 'card', 4200 FROM orders"],
  ['a line of another order is changed', 'UPDATE order_items SET quantity = quantity + 1 WHERE order_id = (SELECT min(order_id) FROM order_items) AND line_no = 1'],
];
for (const [text, sql] of changes) {
  shop.exec(sql);
  print(`${text}\n${pc.dim(sql)}`);
}

step(4, 'The second run publishes what changed, and the joins that it changed, and nothing else');
const second = runOnce();
table(
  ['job', 'events', 'key', 'value'],
  [...second.published].flatMap(([job]) => {
    const fresh = events(job).slice(before.get(job));
    return fresh.slice(0, 3).map((event, at) => [at === 0 ? job : '', at === 0 ? fresh.length : '', short(event.key), short(event.value)]);
  }),
);

step(5, 'The third run has nothing to do');
const third = runOnce();
print([...third.published].map(([job, published]) => `${job}: ${published} events`).join('\n'));

step(6, 'Folding each stream by key gives exactly the table');
const summary = readFileSync(`${root}queries/order_summary.sql`, 'utf8');
shop.function('greatest', { varargs: true, deterministic: true }, (...values) => values.filter((one) => one !== null).sort().at(-1) ?? null);
const sources = new Map([
  ['customers', shop.prepare('SELECT * FROM customers')],
  ['payments', shop.prepare('SELECT * FROM payments')],
  ['order_summary', shop.prepare(`SELECT * FROM (${summary}\n)`)],
]);
let wrong = 0;
table(
  ['stream', 'rows in the source', 'rows in the fold', ''],
  [...sources].map(([topic, statement]) => {
    const rows = new Set(statement.all().map((row) => JSON.stringify(row)));
    const folded = [...fold(topic).values()].map((value) => JSON.stringify(value));
    const same = rows.size === folded.length && folded.every((row) => rows.has(row));
    wrong += same ? 0 : 1;
    return [topic, rows.size, folded.length, same ? pc.green('the same') : pc.red('NOT the same')];
  }),
);
shop.close();

const seconds = ((first.ms + second.ms + third.ms) / 1000).toFixed(1);
console.log();
print(`The three runs took ${seconds} s. Look at quickstart/out/, change quickstart/shop.db, and go on:`);
print(pc.dim('  node bin/liberate.js run quickstart/jobs.yaml         # polls until Ctrl-C\n  node bin/liberate.js status quickstart/jobs.yaml'));
process.exitCode = wrong === 0 ? 0 : 1;
