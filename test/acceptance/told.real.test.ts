import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/databases.ts';
import { type Finished, liberate, startLiberate, writeJobs } from '../support/liberate.ts';
import { parseExposition, sampleOf } from '../support/prometheus.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const servers = [
  { kind: 'postgres', stamp: 'timestamptz', privilege: 'pg_read_all_stats' },
  { kind: 'mariadb', stamp: 'datetime(6)', privilege: 'PROCESS' },
] as const;

const statusOf = (file: string, code: number): Promise<Finished> =>
  waitFor(
    async () => {
      const finished = await liberate(['status', file]);
      return finished.code === code && finished;
    },
    { what: `status with exit code ${code}`, timeout: 30_000 },
  );

describe.each(servers)('a run on $kind is told', ({ kind, stamp, privilege }) => {
  let db: TestDatabase;
  let directory: TemporaryDirectory;
  let file: string;
  beforeAll(async () => {
    db = await createDatabase[kind]();
    directory = await temporaryDirectory();
    await db.run(`CREATE TABLE orders (id bigint PRIMARY KEY, updated_at ${stamp} NOT NULL)`);
    await db.run("CREATE INDEX orders_updated_at ON orders (updated_at, id); INSERT INTO orders VALUES (1, '2026-01-01 10:00:00')");
    file = writeJobs(directory.path, {
      source: { url: db.url, timezone: 'UTC' },
      sink: `ndjson:${join(directory.path, 'out')}`,
      http: '127.0.0.1:0',
      jobs: { orders: { table: 'orders', cursor: 'updated_at', every: '50ms', retries: 1 } },
    });
  });
  afterAll(async () => {
    await db[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  it('by its first line, status, metrics and health, while it is well, while it fails and when it is mended; and no password', async () => {
    const { password } = new URL(db.url);
    await using running = startLiberate(['run', file]);
    const url = String((await running.line((line) => line['url'] !== undefined))['url']);
    const first = await running.line(({ topic }) => topic === 'orders');
    expect(first).toMatchObject({ privilege: { needed: privilege, missing: false }, raise: null, lookback: { by: expect.any(String) } });
    expect(first.msg).toMatch(/look-back: .* now \(.*\); cost: each poll reads /);
    await running.line(({ published }) => published === 1);

    const well = await liberate(['status', file]);
    expect(well.code).toBe(0);
    expect(well.stdout).toMatch(/^ {2}mark +2026-01-01 10:00:00\S*, 1 \(its own time was \d+d/m);
    expect(well.stdout).toMatch(new RegExp(`^  privilege +${privilege}, which it has$`, 'm'));
    expect(well.stdout).toMatch(/^ {2}runner +\S+:\d+:\S+, lease for another /m);
    const metrics = parseExposition(await (await fetch(`${url}/metrics`)).text());
    const age = sampleOf(metrics, 'liberate_mark_age_seconds', { job: 'orders', topic: 'orders' }) ?? 0;
    expect(Math.abs(age - (Date.now() - Date.parse('2026-01-01T10:00:00Z')) / 1000)).toBeLessThan(600);
    expect((await fetch(`${url}/health`)).status).toBe(200);

    await db.run('ALTER TABLE orders RENAME TO moved');
    await running.line(({ outcome }) => outcome === 'failed');
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.json()]).toEqual([
      503,
      expect.objectContaining({ failing: [expect.objectContaining({ job: 'orders', code: 'LIB203' })] }),
    ]);
    // The report is kept just after it was told.
    const failing = await statusOf(file, 1);
    expect(failing.stdout).toEqual(expect.stringMatching(/^ {2}failures +\d+ in a row, .*LIB203 job "orders": /m));

    await db.run('ALTER TABLE moved RENAME TO orders');
    await db.run("INSERT INTO orders VALUES (2, '2026-01-01 10:00:01')");
    await running.line(({ mark }) => String(mark).startsWith('2026-01-01 10:00:01'));
    expect((await fetch(`${url}/health`)).status).toBe(200);
    await statusOf(file, 0);
    const said = await Promise.all(['/metrics', '/health', '/status'].map(async (path) => (await fetch(`${url}${path}`)).text()));
    for (const text of [...said, well.stdout, failing.stdout, (await liberate(['plan', file])).stdout])
      expect(text).not.toContain(password);
  });
});
