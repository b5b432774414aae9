import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createPostgres, type TestDatabase } from '../support/databases.ts';
import { type LogLine, liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { startProxy, through } from '../support/proxy.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { fold, readTopic, uniqueTopic, waitFor } from '../support/topics.ts';

describe('one cycle of a job at a time', () => {
  let db: TestDatabase;
  let directory: TemporaryDirectory;
  const { brokers } = inject('servers').kafka;

  beforeAll(async () => {
    db = await createPostgres();
    await db.run('CREATE TABLE orders (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL); CREATE INDEX ON orders (updated_at, id);');
    await db.run('INSERT INTO orders SELECT n, now() FROM generate_series(1, 5000) n;');
    directory = await temporaryDirectory();
  });
  afterAll(async () => {
    await db[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  it('a scheduled query that takes three periods never overlaps itself, and says what it skipped', async () => {
    const file = writeJobs(
      directory.path,
      {
        source: db.url,
        sink: `ndjson:${directory.path}/slow`,
        jobs: {
          slow: {
            query: 'SELECT o.id, o.updated_at, pg_sleep(3)::text AS slept FROM (SELECT * FROM orders ORDER BY id LIMIT 1) o',
            key: 'id',
            mode: 'bulk',
            schedule: '* * * * * *',
          },
        },
      },
      'slow.yaml',
    );
    await using running = startLiberate(['run', file, '--log-level', 'debug']);
    const busy = async (): Promise<number> =>
      Number(
        (
          await db.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'liberate' AND wait_event = 'PgSleep'",
          )
        )[0]?.[0],
      );
    let most = 0;
    await waitFor(
      async () => {
        most = Math.max(most, await busy());
        return running.lines().filter(({ outcome }) => outcome === 'ok').length >= 2;
      },
      { timeout: 40_000 },
    );
    expect(most).toBe(1);
    expect(running.lines().some(({ outcome, msg }) => outcome === 'skipped' && msg.includes('overlap'))).toBe(true);
  });

  it('two processes on one state never run one job together; after kill -9 the other takes over and nothing is lost', async () => {
    const topic = uniqueTopic('orders');
    const file = writeJobs(
      directory.path,
      {
        source: db.url,
        sink: `kafka://${brokers.join(',')}`,
        state: { url: `sqlite:${directory.path}/shared.db`, lease: '2s' },
        jobs: { orders: { table: 'orders', cursor: 'updated_at', topic, every: '50ms' } },
      },
      'shared.yaml',
    );
    const caughtUp = ({ outcome }: LogLine): boolean => outcome === 'ok';
    await using first = startLiberate(['run', file]);
    await first.line(caughtUp);
    await using second = startLiberate(['run', file]);
    await second.line(({ msg }) => msg.includes('waits for the lease'));
    expect(await liberate(['run', file, '--once', '--no-wait'])).toMatchObject({ code: 4, stderr: expect.stringContaining('LIB406') });
    const beside = await liberate(['backfill', file, '--job', 'orders']);
    expect([beside.code, beside.stderr]).toEqual([
      0,
      expect.stringMatching(`:${first.process.pid}:.* runs the job, and does the backfill`),
    ]);

    let next = 5001;
    const insert = async (): Promise<void> => db.run(`INSERT INTO orders VALUES (${(next += 1)}, now())`);
    for (let round = 0; round < 20; round += 1) await insert();
    first.kill('SIGKILL');
    await first.finished;
    for (let round = 0; round < 20; round += 1) await insert();
    await second.line(({ outcome, published }) => outcome === 'ok' && Number(published) > 0);
    await waitFor(async () => fold(await readTopic(brokers, topic)).size === 5040, { timeout: 20_000 });
    expect(second.lines().filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  });

  it('a runner that was frozen while its lease was taken over commits nothing more', async () => {
    const topic = uniqueTopic('orders');
    const jobs = (name: string): string =>
      writeJobs(
        directory.path,
        {
          source: db.url,
          sink: `kafka://${brokers.join(',')}`,
          state: { url: `sqlite:${directory.path}/frozen.db`, lease: '1s' },
          jobs: { orders: { table: 'orders', cursor: 'updated_at', topic, every: '20ms' } },
        },
        name,
      );
    await using first = startLiberate(['run', jobs('frozen.yaml'), '--log-level', 'debug']);
    // Some quiet polls on, so that it is not frozen in the middle of a write, with the state's file locked.
    await first.line(() => first.lines().filter(({ outcome }) => outcome === 'ok').length > 5);
    first.kill('SIGSTOP');
    await using second = startLiberate(['run', jobs('frozen.yaml'), '--log-level', 'debug']);
    await second.line(({ outcome }) => outcome === 'ok');
    await db.run('UPDATE orders SET updated_at = now() WHERE id <= 10');
    await second.line(({ outcome, published }) => outcome === 'ok' && Number(published) === 10);
    first.kill('SIGCONT');
    await first.line(({ msg }) => msg.includes('LIB407') || msg.includes('waits for the lease'));
    second.kill('SIGTERM');
    expect((await second.finished).code).toBe(0);
    await db.run('UPDATE orders SET updated_at = now() WHERE id = 11');
    await first.line(({ outcome, published }) => outcome === 'ok' && Number(published) === 1);
  });

  it('stops within 5 s of SIGTERM in the middle of a load, saves its mark, and goes on from there', { timeout: 120_000 }, async () => {
    await db.run(
      "CREATE TABLE big AS SELECT n AS id, repeat(md5(n::text), 10) AS body, now() - interval '1 day' + n * interval '1 ms' AS updated_at FROM generate_series(1, 100000) n; ALTER TABLE big ADD PRIMARY KEY (id); ALTER TABLE big ALTER updated_at SET NOT NULL; CREATE INDEX ON big (updated_at, id);",
    );
    const topic = uniqueTopic('big');
    await using way = await startProxy({ port: Number(new URL(db.url).port) });
    const file = writeJobs(
      directory.path,
      {
        source: through(db.url, way),
        sink: `kafka://${brokers.join(',')}`,
        state: `sqlite:${directory.path}/big.db`,
        jobs: { big: { table: 'big', cursor: 'updated_at', topic, every: '1h' } },
      },
      'big.yaml',
    );
    await using running = startLiberate(['run', file]);
    // Half of the rows: however fast the machine, the rest cannot have come.
    await way.blackholeAfter(20_000_000);
    const loaded = async (): Promise<boolean> => (await readTopic(brokers, topic, { from: 20_000 }).catch(() => [])).length > 0;
    await waitFor(async () => ((await loaded()) ? true : null));
    const asked = Date.now();
    running.kill('SIGTERM');
    expect((await running.finished).code).toBe(0);
    expect(Date.now() - asked).toBeLessThan(5000);
    way.blackhole(false);
    const sent = (await readTopic(brokers, topic)).length;
    expect(sent).toBeLessThan(100_000);
    const again = await liberate(['run', file, '--once']);
    expect(again.code).toBe(0);
    const records = await readTopic(brokers, topic);
    expect(fold(records).size).toBe(100_000);
    // What had been acknowledged was saved: only batches under way may come twice, three of 900 kB each.
    expect(records.length - 100_000).toBeLessThanOrEqual(10_000);
  });

  it('a second signal ends at once', async () => {
    const file = writeJobs(
      directory.path,
      {
        source: db.url,
        sink: `ndjson:${directory.path}/second`,
        jobs: { slow: { query: 'SELECT 1 AS id, pg_sleep(60)::text AS slept', key: 'id', mode: 'bulk', every: '1h' } },
      },
      'second.yaml',
    );
    await using running = startLiberate(['run', file]);
    await running.line(({ msg }) => msg.startsWith('slow: query'));
    running.kill('SIGINT');
    running.kill('SIGINT');
    expect(await running.finished).toMatchObject({ code: 130 });
  });
});
