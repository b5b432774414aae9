import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiberateError } from '../../../src/kit/errors.ts';
import type { Wake } from '../../../src/model/job.ts';
import { Notifications } from '../../../src/source/postgres/wake.ts';
import { triggerSql } from '../../../src/source/postgres/wake-trigger.ts';
import { sourceConfig } from '../../contract/source.ts';
import { createPostgres, createPostgresRole, type TestDatabase } from '../../support/databases.ts';
import { startProxy, through } from '../../support/proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

interface Watcher {
  readonly watch: AsyncDisposable;
  readonly hints: number;
  readonly troubles: readonly (LiberateError | null)[];
}

const on = (channel: string): Wake => ({ kind: 'channel', channel });

function watcher(source: Notifications, channel: string): Watcher {
  const troubles: (LiberateError | null)[] = [];
  let hints = 0;
  const watch = source.watch(on(channel), { hint: () => void (hints += 1), trouble: (error) => void troubles.push(error) });
  return {
    watch,
    troubles,
    get hints() {
      return hints;
    },
  };
}

describe('the notifications of PostgreSQL', () => {
  let db: TestDatabase;
  const stack: AsyncDisposable[] = [];
  const use = <T extends AsyncDisposable>(one: T): T => {
    stack.push(one);
    return one;
  };
  const open = (url = db.url): Notifications => use(new Notifications(sourceConfig('postgres', url)));
  const listening = async (): Promise<readonly (readonly (string | null)[])[]> =>
    db.rows("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'liberate'");
  const up = (...all: readonly Watcher[]): Promise<unknown> =>
    waitFor(() => all.every(({ hints }) => hints > 0), { what: 'the first hints' });
  const notify = (channel: string): Promise<void> => db.run(`SELECT pg_notify('${channel.replaceAll("'", "''")}', 'ignored')`);
  const notified = async (one: Watcher, channel: string): Promise<void> => {
    const before = one.hints;
    await notify(channel);
    await waitFor(() => one.hints > before, { what: `a hint on ${channel}` });
  };

  beforeEach(async () => {
    db = use(await createPostgres());
  });
  afterEach(async () => {
    for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  it('reach the watchers of their channel and no other, over one connection however many watch', async () => {
    const source = open();
    const channels = ['orders_changed', 'Orders "changed"', "it's"];
    const all = channels.map((channel) => watcher(source, channel));
    const second = watcher(source, 'orders_changed');
    await up(...all, second);
    for (const [at, channel] of channels.entries()) {
      const before = all.map(({ hints }) => hints);
      await notified(all[at] as Watcher, channel);
      expect(all.map(({ hints }, one) => hints - (before[one] ?? 0))).toEqual(channels.map((_, one) => (one === at ? 1 : 0)));
    }
    await notified(second, 'orders_changed');
    expect(await listening()).toHaveLength(1);
    expect(all.flatMap(({ troubles }) => troubles)).toEqual([]);
  });

  it('come to one that begins to watch later, and the connection ends with the last that leaves', async () => {
    const source = open();
    const first = watcher(source, 'a');
    await up(first);
    const late = watcher(source, 'b');
    await up(late);
    await notified(late, 'b');
    await first.watch[Symbol.asyncDispose]();
    await notified(late, 'b');
    await late.watch[Symbol.asyncDispose]();
    await waitFor(async () => (await listening()).length === 0, { what: 'the end of the connection' });
    const again = watcher(source, 'b');
    await up(again);
    await notified(again, 'b');
  });

  it('are for a login with SELECT alone too, by the trigger that plan prints', async () => {
    await db.run('CREATE SCHEMA "My shop"; CREATE TABLE "My shop"."Orders" (id int); CREATE TABLE "My shop".lines (id int)');
    for (const name of ['Orders', 'lines']) await db.run(triggerSql("shop's", { schema: 'My shop', name }));
    const login = use(await createPostgresRole(db, { grants: ['SELECT ON ALL TABLES IN SCHEMA "My shop"'] }));
    const source = open(login.url);
    const one = watcher(source, "shop's");
    await up(one);
    for (const change of [
      'INSERT INTO "My shop"."Orders" SELECT generate_series(1, 1000)',
      'UPDATE "My shop"."Orders" SET id = id',
      'DELETE FROM "My shop"."Orders"',
      'INSERT INTO "My shop".lines VALUES (1)',
    ]) {
      const before = one.hints;
      await db.run(change);
      await waitFor(() => one.hints > before, { what: change });
      // However many rows: one a statement.
      expect(one.hints - before).toBe(1);
    }
    await source[Symbol.asyncDispose]();
  });

  it('say once that they have stopped, and come again when the server has ended the connection', async () => {
    const source = open();
    const one = watcher(source, 'a');
    await up(one);
    const before = one.hints;
    await db.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'liberate' AND datname = current_database()",
    );
    // One hint by itself: nobody knows what was missed.
    await waitFor(() => one.hints > before, { what: 'the hint of the new connection' });
    expect(one.troubles).toMatchObject([{ code: 'LIB210' }, null]);
    await notified(one, 'a');
  });

  it('come again after an outage of the network', async () => {
    const proxy = use(await startProxy({ port: Number(new URL(db.url).port) }));
    const source = open(through(db.url, proxy));
    const one = watcher(source, 'a');
    await up(one);
    await proxy.refuse(true);
    proxy.cut();
    await waitFor(() => one.troubles.length > 0, { what: 'the trouble' });
    await waitFor(async () => (await listening()).length === 0);
    const before = one.hints;
    await proxy.refuse(false);
    await waitFor(() => one.hints > before, { what: 'the hint of the new connection' });
    expect(one.troubles.length).toBe(2);
    await notified(one, 'a');
  });

  it('end at once while the server cannot be reached, and while nothing passes', async () => {
    const proxy = use(await startProxy({ port: Number(new URL(db.url).port) }));
    proxy.blackhole(true);
    const source = open(through(db.url, proxy));
    const one = watcher(source, 'a');
    await source[Symbol.asyncDispose]();
    expect([one.hints, one.troubles]).toEqual([0, []]);
  });
});
