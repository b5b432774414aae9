/**
 * The sample shop from PostgreSQL into Kafka, on the servers of compose.yaml:
 *
 *   docker compose up --wait
 *   npm run demo
 *
 * DEMO_POSTGRES_URL (an administrator's: the demo makes its own database, liberate_demo, anew) and DEMO_KAFKA
 * name other servers.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import pg from 'pg';

const root = fileURLToPath(new URL('../../', import.meta.url));
const jobs = `${root}examples/shop-postgres-kafka.yaml`;
const admin = new URL(process.env.DEMO_POSTGRES_URL ?? 'postgres://postgres:liberate@127.0.0.1:5432/postgres');
const broker = process.env.DEMO_KAFKA ?? '127.0.0.1:9092';
const shop = new URL(admin);
shop.pathname = '/liberate_demo';

async function withClient(url, work) {
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Each job's published events, by the last lines of its log. */
function runOnce() {
  const env = {
    ...process.env,
    PGHOST: shop.hostname,
    PGPORT: shop.port || '5432',
    PGDATABASE: 'liberate_demo',
    PGUSER: decodeURIComponent(shop.username),
    PGPASSWORD: decodeURIComponent(shop.password),
    KAFKA_BROKER: broker,
  };
  const args = [`${root}bin/liberate.js`, 'run', jobs, '--once', '--log-format', 'json', '--log-level', 'debug'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  if (status !== 0) {
    console.error(stderr);
    process.exit(status ?? 1);
  }
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome === 'ok');
}

function show(title, ends) {
  const table = new Table({ head: ['job', 'events', 'ms', 'mark'], style: { head: [], border: [] } });
  for (const { job, published, ms, mark } of ends) table.push([job, published, ms, mark]);
  console.log(`\n${title}\n${table.toString()}`);
}

await withClient(admin, async (client) => {
  await client.query('DROP DATABASE IF EXISTS liberate_demo WITH (FORCE)');
  await client.query('CREATE DATABASE liberate_demo');
});
await withClient(shop, (client) => client.query(readFileSync(`${root}fixtures/shop.postgres.sql`, 'utf8')));
// The marks of an earlier demo belong to a database that is gone.
for (const suffix of ['', '-wal', '-shm']) rmSync(`${root}examples/shop-postgres-kafka.state.db${suffix}`, { force: true });

show('The first run loads the shop into Kafka', runOnce());
await withClient(shop, async (client) => {
  await client.query("UPDATE customers SET email = 'new.address@example.org' WHERE id = (SELECT min(id) FROM customers)");
  await client.query("INSERT INTO payments (order_id, method, amount_cents) SELECT max(id), 'card', 4200 FROM orders");
});
show('A customer moves, an order is paid: the second run publishes that, and the joins that it touches', runOnce());
console.log(`\nRead a stream: docker compose exec kafka /opt/kafka/bin/kafka-console-consumer.sh \\
  --bootstrap-server ${broker} --topic order_summary --from-beginning --property print.key=true`);
