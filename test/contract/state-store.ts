import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import type { JobState } from '../../src/model/state.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { backfillOf, plainly, reportOf, stateOf } from '../state/samples.ts';
import type { TextRow } from '../support/databases.ts';
import { waitFor } from '../support/wait-for.ts';
import { publishedContract } from './published-store.ts';
import { requestContract } from './request-store.ts';

/** Somewhere that states can lie, empty at first; it outlives the stores opened on it. Disposed after each test. */
export interface StatePlace extends AsyncDisposable {
  /** Another store on the same place, not opened. */
  store(): StateStore;
  /** The place behind the store's back. */
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly TextRow[]>;
}

/** Cases that a store may leave out, each with the reason. */
export type SkippableCase = 'damage' | 'schema';

export interface StateContract {
  readonly kind: string;
  create(): Promise<StatePlace>;
  readonly skips?: Readonly<Partial<Record<SkippableCase, string>>>;
}

export const never: AbortSignal = new AbortController().signal;

/** What a rejected promise says; fails when it is not a LiberateError. */
export async function failure(work: Promise<unknown>): Promise<LiberateError> {
  const thrown: unknown = await work.then(
    (value) => expect.fail(`nothing was refused; the answer was ${String(value)}`),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(LiberateError);
  return thrown as LiberateError;
}

/** The lease of a job that nobody else wants. */
export async function fenceOf(store: StateStore, job: string, ttlMs = 60_000): Promise<bigint> {
  const got = await store.acquire(job, 'runner', ttlMs);
  if (!got.ok) throw new Error(`${got.holder} holds it`);
  return got.fence;
}

const hard: Readonly<Record<string, JobState>> = {
  'quotes, backslashes and placeholders': stateOf({ mark: [`it's "so" \\ \` ? ?? $1 :x %s ; --`] }),
  'control characters': stateOf({ mark: ['\u0001\t\r\n\u001f\u007f\u0085\u2028'] }),
  'a NUL and half a surrogate pair': stateOf({ mark: ['a\0b', '\ud83d'] }),
  'unicode, composed and not': stateOf({ mark: ['żółć é e\u0301 🦊 𝄞'], sent: { größe: '1', GRÖSSE: '2' } }),
  '19-digit texts': stateOf({ mark: ['9223372036854775807', '-9223372036854775808'], since: '9223372036854775807' }),
  'keys that objects have by themselves': stateOf({
    sent: JSON.parse('{"__proto__":"1","constructor":"2","10":"3","9":"4"}') as Record<string, string>,
  }),
  gaps: stateOf({
    gaps: [
      { from: null, to: '9007199254740993', seen: '1795262000123457' },
      { from: '1', to: '1', seen: '0' },
    ],
  }),
  'a start': stateOf({ mark: null, since: null, sent: {}, loaded: false, tied: true }),
};

const hardNames: readonly string[] = [
  'shop/orders',
  'a',
  'A',
  'ä',
  'shop/"quoted"\'s',
  '🦊'.repeat(255),
  'x'.repeat(255),
  '\\',
  '%',
  '__proto__',
];

/** What every state store must do, run by each on its own place. */
export function stateContract(contract: StateContract): void {
  const skips: Readonly<Partial<Record<SkippableCase, string>>> = contract.skips ?? {};

  const promise = (
    name: string,
    body: (with_: { readonly place: StatePlace; readonly store: StateStore }) => Promise<void>,
    skippable?: SkippableCase,
  ): void => {
    const reason = skippable === undefined ? undefined : skips[skippable];
    it.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (not here: ${reason})`, { timeout: 30_000 }, async () => {
      await using place = await contract.create();
      await using store = place.store();
      await store.open(never);
      await body({ place, store });
    });
  };

  const unopened = (name: string, body: (place: StatePlace) => Promise<void>): void => {
    const reason = skips.schema;
    it.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (not here: ${reason})`, { timeout: 30_000 }, async () => {
      await using place = await contract.create();
      await body(place);
    });
  };

  describe(`the state store contract, ${contract.kind}`, () => {
    describe('states', () => {
      promise('knows nothing of a job that never committed', async ({ store }) => {
        expect(await store.load('orders')).toBeNull();
        expect(await store.list()).toEqual([]);
      });

      for (const [what, state] of Object.entries(hard)) {
        promise(`gives back a state exactly: ${what}`, async ({ store }) => {
          expect(await store.commit('orders', state, await fenceOf(store, 'orders'))).toBe('committed');
          const loaded = await store.load('orders');
          expect(loaded).toEqual(state);
          expect(JSON.stringify(loaded)).toBe(JSON.stringify(state));
        });
      }

      promise('keeps jobs apart whose names differ in case, accent or one character of four bytes', async ({ store }) => {
        for (const [at, job] of hardNames.entries()) {
          expect(await store.commit(job, stateOf({ mark: [String(at)] }), await fenceOf(store, job))).toBe('committed');
          await store.record(reportOf(job, { published: at }));
        }
        for (const [at, job] of hardNames.entries()) expect((await store.load(job))?.mark).toEqual([String(at)]);
        const listed = await store.list();
        expect(listed.map(({ job }) => job)).toEqual([...hardNames].sort());
        for (const { job, publishedTotal } of listed) expect(publishedTotal).toBe(hardNames.indexOf(job));
      });

      promise('refuses a name that a database would cut or mistake', async ({ store }) => {
        for (const job of ['', 'a ', 'a\0', '\ud83d', 'x'.repeat(256)]) {
          expect((await failure(store.acquire(job, 'runner', 1000))).code).toBe('LIB103');
          expect((await failure(store.load(job))).code).toBe('LIB103');
        }
      });

      promise('replaces a state and forgets it on reset', async ({ store }) => {
        const fence = await fenceOf(store, 'orders');
        await store.commit('orders', stateOf(), fence);
        await store.commit('orders', stateOf({ mark: ['18'] }), fence);
        expect((await store.load('orders'))?.mark).toEqual(['18']);
        await store.record(reportOf('orders'));
        expect(await store.reset('orders', fence)).toBe('committed');
        expect(await store.load('orders')).toBeNull();
        const [listed] = await store.list();
        expect(listed).toMatchObject({ state: null, committedAt: null, publishedTotal: 3 });
      });

      promise('keeps a state of a hundred thousand sent rows', async ({ store }) => {
        const sent = Object.fromEntries(
          Array.from({ length: 100_000 }, (_, at) => [`["${9_000_000_000 + at}"]`, createHash('md5').update(String(at)).digest('hex')]),
        );
        const state = stateOf({ sent });
        expect(await store.commit('orders', state, await fenceOf(store, 'orders'))).toBe('committed');
        const loaded = await store.load('orders');
        expect(JSON.stringify(loaded)).toBe(JSON.stringify(state));
      });

      promise('is there again after closing and opening', async ({ place, store }) => {
        const fence = await fenceOf(store, 'orders');
        await store.commit('orders', stateOf(), fence);
        await store.record(reportOf('orders'));
        await store[Symbol.asyncDispose]();
        await using again = place.store();
        await again.open(never);
        expect(await again.load('orders')).toEqual(stateOf());
        expect(await again.list()).toMatchObject([{ job: 'orders', lastOk: reportOf('orders'), lease: { holder: 'runner', fence } }]);
        expect(await again.commit('orders', stateOf({ mark: ['19'] }), fence)).toBe('committed');
      });

      promise('says when it committed, by its own clock', async ({ store }) => {
        const before = Date.now();
        await store.commit('orders', stateOf(), await fenceOf(store, 'orders'));
        const [listed] = await store.list();
        expect(listed?.committedAt).toBeGreaterThan(before - 5000);
        expect(listed?.committedAt).toBeLessThan(Date.now() + 5000);
      });
    });

    describe('reports', () => {
      promise(
        "keeps the mark's own time and the guarantee with a report, and reads reports of before that had neither",
        async ({ store }) => {
          const guarantee = {
            guarantee: 'every row',
            method: 'look-back',
            privilege: { needed: 'pg_read_all_stats', missing: true },
            lookback: { ms: 1500, by: 'oldest open transaction' },
            cost: 'some rows',
            raise: 'GRANT pg_read_all_stats TO liberate',
            blind: ['a DELETE'],
          };
          const reports = [
            reportOf('a', { markAt: 1_795_262_000_000, guarantee }),
            reportOf('b', { markAt: null, guarantee: { ...guarantee, privilege: null, lookback: null, raise: null, blind: [] } }),
            reportOf('c', { markAt: null, guarantee: null }),
            reportOf('d'),
          ];
          await store.record(...reports);
          expect((await store.list()).map(({ last }) => last)).toEqual(reports);
        },
      );

      promise('keeps the newest report, the newest good one, the total and the failures in a row', async ({ store }) => {
        const ok = reportOf('orders');
        const failed = reportOf('orders', {
          outcome: 'failed',
          code: 'LIB201',
          reason: 'LIB201: \'away\' "now" 🦊',
          published: 2,
          mark: null,
          lagMs: null,
        });
        await store.record(ok);
        await store.record(failed);
        await store.record(failed);
        expect(await store.list()).toEqual([
          {
            job: 'orders',
            state: null,
            committedAt: null,
            last: failed,
            lastOk: ok,
            publishedTotal: 7,
            failuresInARow: 2,
            lease: null,
            reconciled: null,
          },
        ]);
        for (const outcome of ['skipped', 'stopped'] as const) {
          const report = reportOf('orders', { outcome, published: 0 });
          await store.record(report);
          expect(await store.list()).toMatchObject([{ last: report, lastOk: ok, publishedTotal: 7, failuresInARow: 2 }]);
        }
        await store.record(reportOf('orders', { mark: '99' }));
        expect(await store.list()).toMatchObject([{ lastOk: { mark: '99' }, publishedTotal: 10, failuresInARow: 0 }]);
      });

      promise('counts reports that come at the same moment', async ({ store }) => {
        await Promise.all(Array.from({ length: 10 }, () => store.record(reportOf('orders', { outcome: 'failed' }))));
        expect(await store.list()).toMatchObject([{ publishedTotal: 30, failuresInARow: 10 }]);
      });

      promise('takes the reports of several jobs together', async ({ store }) => {
        const reports = ['orders', 'customers', 'payments'].map((job) => reportOf(job, { published: 2 }));
        await Promise.all([store.record(...reports), store.record(...reports.toReversed()), store.record()]);
        expect((await store.list()).map(({ job, publishedTotal }) => [job, publishedTotal])).toEqual([
          ['customers', 4],
          ['orders', 4],
          ['payments', 4],
        ]);
      });

      promise('does not touch the state', async ({ store }) => {
        await store.commit('orders', stateOf(), await fenceOf(store, 'orders'));
        await store.record(reportOf('orders', { outcome: 'failed' }));
        expect(await store.load('orders')).toEqual(stateOf());
      });
    });

    describe('backfills', () => {
      promise('gives back exactly what was committed last, and nothing of a job that has none', async ({ place, store }) => {
        expect(await store.loadBackfill('orders')).toBeNull();
        const fence = await fenceOf(store, 'orders');
        expect(await store.commitBackfill('orders', backfillOf(), fence)).toBe('committed');
        const [first, ...others] = backfillOf().chunks;
        const next = backfillOf({ chunks: [{ ...(first as (typeof others)[number]), done: true, mark: ['it\'s "so" \\ ?'] }, ...others] });
        expect(await store.commitBackfill('orders', next, fence)).toBe('committed');
        await using other = place.store();
        await other.open(never);
        if (skips.schema === undefined) expect(await other.loadBackfill('orders')).toEqual(next);
        expect(await store.loadBackfill('orders')).toEqual(next);
        expect(await store.loadBackfill('Orders')).toBeNull();
      });

      promise('keeps it beside the state: neither touches the other', async ({ store }) => {
        const fence = await fenceOf(store, 'orders');
        await store.commitBackfill('orders', backfillOf(), fence);
        expect(await store.load('orders')).toBeNull();
        await store.commit('orders', stateOf(), fence);
        await store.reset('orders', fence);
        expect(await store.loadBackfill('orders')).toEqual(backfillOf());
      });

      promise('commits no chunk for one whose lease was taken', async ({ store }) => {
        expect(await store.commitBackfill('orders', backfillOf(), 1n)).toBe('fenced');
        const old = await fenceOf(store, 'orders');
        await fenceOf(store, 'orders');
        expect(await store.commitBackfill('orders', backfillOf(), old)).toBe('fenced');
        expect(await store.loadBackfill('orders')).toBeNull();
      });

      promise(
        'refuses one that is damaged, and names the job',
        async ({ place, store }) => {
          await store.commitBackfill('orders', backfillOf(), await fenceOf(store, 'orders'));
          await place.run(`update liberate_backfill set state = replace(state, '5000', '5001')`);
          expect(await failure(store.loadBackfill('orders'))).toMatchObject({ code: 'LIB402', place: { job: 'orders' } });
        },
        'damage',
      );
    });

    publishedContract(promise);
    requestContract(promise);

    describe('leases', () => {
      promise('gives the lease to one of ten that ask at once', async ({ place, store }) => {
        await using other = place.store();
        await other.open(never);
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? store : other).acquire('orders', `runner ${at}`, 60_000)),
        );
        const winners = answers.flatMap((answer, at) => (answer.ok ? [`runner ${at}`] : []));
        expect(winners).toHaveLength(1);
        for (const answer of answers) {
          if (answer.ok) continue;
          expect(answer.holder).toBe(winners[0]);
          expect(answer.msLeft).toBeGreaterThan(50_000);
          // A statement that waited for the winner's lock has the time of its own beginning.
          expect(answer.msLeft).toBeLessThanOrEqual(65_000);
        }
      });

      promise('numbers each taking higher than any before, also after a release', async ({ store }) => {
        const first = await fenceOf(store, 'orders');
        expect(first).toBeGreaterThan(0n);
        const second = await fenceOf(store, 'orders');
        expect(second).toBeGreaterThan(first);
        await store.release('orders', second);
        const third = await store.acquire('orders', 'another', 60_000);
        expect(third).toEqual({ ok: true, fence: second + 1n });
        expect(await fenceOf(store, 'other job')).toBe(1n);
      });

      promise('gives an ended lease to the next, and never a running one', async ({ store }) => {
        const first = await fenceOf(store, 'orders', 300);
        expect(await store.acquire('orders', 'another', 1000)).toMatchObject({ ok: false, holder: 'runner' });
        const taken = await waitFor(async () => {
          const got = await store.acquire('orders', 'another', 60_000);
          return got.ok ? got : null;
        });
        expect(taken.fence).toBe(first + 1n);
        expect(await store.renew('orders', first, 1000)).toBe('lost');
      });

      promise('renews while it is ours, also when it has ended and nobody took it', async ({ store }) => {
        const fence = await fenceOf(store, 'orders', 1);
        await waitFor(async () => (await store.list())[0]?.lease?.msLeft === 0);
        expect(await store.renew('orders', fence, 60_000)).toEqual(plainly);
        expect(await store.acquire('orders', 'another', 1000)).toMatchObject({ ok: false });
        expect(await store.renew('orders', fence + 1n, 60_000)).toBe('lost');
        expect(await store.renew('unknown', fence, 60_000)).toBe('lost');
      });

      promise('renews hundreds at once, and tells those apart that are no longer ours', async ({ store }) => {
        const names = Array.from({ length: 450 }, (_, at) => `job ${at}`);
        const fences = new Map<string, bigint>();
        for (const name of names) fences.set(name, await fenceOf(store, name, 1000));
        await store.release('job 7', fences.get('job 7') as bigint);
        const taken = await fenceOf(store, 'job 9', 1000);
        const renewals = [...fences].map(([name, fence]) => store.renew(name, fence, 600_000));
        const renewed = await Promise.all([...renewals, store.renew('job 9', taken, 600_000), store.renew('job 10', 1n, 500_000)]);
        expect(renewed.slice(0, 450).flatMap((ours, at) => (ours === 'lost' ? [names[at]] : []))).toEqual(['job 7', 'job 9']);
        expect(renewed.slice(450)).toEqual([plainly, plainly]);
        const leases = (await store.list()).map(({ job, lease }) => [job, (lease?.msLeft ?? 0) > 100_000]);
        expect(leases.filter(([, long]) => !long)).toEqual([['job 7', false]]);
      });

      promise('does not bring a released lease back by a late renewal', async ({ store }) => {
        const fence = await fenceOf(store, 'orders');
        await store.release('orders', fence);
        expect(await store.renew('orders', fence, 60_000)).toBe('lost');
        expect(await store.acquire('orders', 'another', 1000)).toMatchObject({ ok: true });
      });

      promise('tells its holder of one that wants it, and gives it to none that yields until that one has it', async ({ store }) => {
        const fence = await fenceOf(store, 'orders');
        const other = await fenceOf(store, 'payments');
        expect(await store.acquire('orders', 'command', 60_000, 'yields')).toMatchObject({ ok: false, holder: 'runner' });
        expect(await store.renew('orders', fence, 60_000)).toEqual(plainly);
        expect(await store.acquire('orders', 'second', 60_000, 'wants')).toMatchObject({ ok: false, holder: 'runner' });
        expect(await Promise.all([store.renew('orders', fence, 60_000), store.renew('payments', other, 60_000)])).toEqual([
          { asked: false, wanted: true },
          plainly,
        ]);
        await store.release('orders', fence);
        expect(await store.acquire('orders', 'command', 60_000, 'yields')).toMatchObject({ ok: false });
        const taken = await store.acquire('orders', 'second', 60_000, 'wants');
        expect(taken).toEqual({ ok: true, fence: fence + 1n });
        expect(await store.renew('orders', fence + 1n, 60_000)).toEqual(plainly);
        await store.release('orders', fence + 1n);
        expect(await store.acquire('orders', 'command', 60_000, 'yields')).toMatchObject({ ok: true });
      });

      promise('is wanted no longer than for its time by one that asks no more', async ({ store }) => {
        const fence = await fenceOf(store, 'orders');
        await store.acquire('orders', 'dead', 300, 'wants');
        await store.release('orders', fence);
        await waitFor(async () => (await store.acquire('orders', 'command', 60_000, 'yields')).ok);
      });

      promise('ignores a release by one who has lost it', async ({ store }) => {
        const old = await fenceOf(store, 'orders');
        const fence = await fenceOf(store, 'orders');
        await store.release('orders', old);
        expect(await store.acquire('orders', 'another', 1000)).toMatchObject({ ok: false });
        expect(await store.renew('orders', fence, 1000)).toEqual(plainly);
      });

      promise('lists who holds a lease and for how long', async ({ store }) => {
        const fence = await fenceOf(store, 'orders');
        const [held] = await store.list();
        expect(held).toMatchObject({ job: 'orders', state: null, last: null, lease: { holder: 'runner', fence } });
        expect(held?.lease?.msLeft).toBeGreaterThan(50_000);
        await store.release('orders', fence);
        expect(await store.list()).toMatchObject([{ lease: { fence, msLeft: 0 } }]);
      });
    });

    describe('fences', () => {
      promise('commits nothing for one whose lease was taken', async ({ store }) => {
        const old = await fenceOf(store, 'orders');
        await store.commit('orders', stateOf(), old);
        const before = await store.list();
        await store.release('orders', old);
        const newest = await store.acquire('orders', 'another', 60_000);
        expect(newest.ok).toBe(true);
        expect(await store.commit('orders', stateOf({ mark: ['stale'] }), old)).toBe('fenced');
        expect(await store.reset('orders', old)).toBe('fenced');
        const after = await store.list();
        expect(after).toMatchObject([{ state: stateOf(), committedAt: before[0]?.committedAt }]);
      });

      promise('commits nothing for one that never had the lease', async ({ store }) => {
        expect(await store.commit('orders', stateOf(), 1n)).toBe('fenced');
        const fence = await fenceOf(store, 'orders');
        expect(await store.commit('orders', stateOf(), fence + 1n)).toBe('fenced');
        expect(await store.commit('other', stateOf(), fence)).toBe('fenced');
        expect(await store.load('orders')).toBeNull();
        expect(await store.load('other')).toBeNull();
      });

      promise('commits for a lease that has ended and that nobody took', async ({ store }) => {
        const fence = await fenceOf(store, 'orders', 1);
        await waitFor(async () => (await store.list())[0]?.lease?.msLeft === 0);
        expect(await store.commit('orders', stateOf(), fence)).toBe('committed');
      });

      promise('lets the last of many takers be the only one that commits', async ({ place, store }) => {
        await using other = place.store();
        await other.open(never);
        const fences: bigint[] = [];
        const taking = Array.from({ length: 10 }, async (_, at) => {
          const one = at % 2 === 0 ? store : other;
          const fence = await fenceOf(one, 'orders');
          fences.push(fence);
          const verdict = await one.commit('orders', stateOf({ mark: [String(fence)] }), fence);
          return { fence, verdict };
        });
        const all = await Promise.all(taking);
        expect(new Set(fences).size).toBe(10);
        const highest = fences.reduce((most, fence) => (fence > most ? fence : most));
        expect(all.find(({ fence }) => fence === highest)?.verdict).toBe('committed');
        expect((await store.load('orders'))?.mark).toEqual([String(highest)]);
      });
    });

    describe('damage', () => {
      const sum = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
      // No backslash in its JSON: not every server takes one in a literal for itself.
      const plain = stateOf({ sent: {} });
      const committed = async (store: StateStore): Promise<void> => {
        await store.commit('orders', plain, await fenceOf(store, 'orders'));
        await store.commit('fine', stateOf(), await fenceOf(store, 'fine'));
      };
      const damages: Readonly<Record<string, string>> = {
        'one character changed': `state = replace(state, '"17"', '"18"')`,
        'text cut off': `state = substr(state, 1, 40)`,
        'no text': `state = ''`,
        'the text gone and its checksum not': 'state = null',
        'the checksum gone': 'state_sum = null',
        'another shape under a right checksum': `state = '{"mark":["1"]}', state_sum = '${sum('{"mark":["1"]}')}'`,
        'a number where a text belongs': (() => {
          const text = JSON.stringify(plain).replace('"17"]', '17]');
          return `state = '${text}', state_sum = '${sum(text)}'`;
        })(),
      };
      for (const [what, change] of Object.entries(damages)) {
        promise(
          `refuses a state with ${what}, and names the job`,
          async ({ place, store }) => {
            await committed(store);
            await place.run(`update liberate_job set ${change} where job = 'orders'`);
            for (const attempt of [() => store.load('orders'), () => store.list()]) {
              const refused = await failure(attempt());
              expect(refused.code).toBe('LIB402');
              expect(refused.message).toContain('"orders"');
              expect(refused.place.job).toBe('orders');
            }
            expect(await store.load('fine')).toEqual(stateOf());
          },
          'damage',
        );
      }

      promise(
        'refuses a damaged report',
        async ({ place, store }) => {
          await store.record(reportOf('orders'));
          await place.run(`update liberate_job set last_report = '{}'`);
          expect((await failure(store.list())).code).toBe('LIB402');
        },
        'damage',
      );

      promise(
        'takes a key of a state that it does not know for nothing',
        async ({ place, store }) => {
          await committed(store);
          const text = JSON.stringify({ ...plain, later: { a: 1 } });
          await place.run(`update liberate_job set state = '${text}', state_sum = '${sum(text)}' where job = 'orders'`);
          expect(await store.load('orders')).toEqual(plain);
        },
        'damage',
      );
    });

    describe('the schema', () => {
      unopened('is made once by two that open at the same moment', async (place) => {
        const stores = Array.from({ length: 4 }, () => place.store());
        try {
          await Promise.all(stores.map((store) => store.open(never)));
          expect(await place.rows('select magic, version from liberate_meta')).toEqual([['liberate state', '4']]);
          await Promise.all(stores.map(async (store, at) => store.commit(`job ${at}`, stateOf(), await fenceOf(store, `job ${at}`))));
          expect(await stores[0]?.list()).toHaveLength(4);
        } finally {
          for (const store of stores) await store[Symbol.asyncDispose]();
        }
      });

      unopened('of a newer version is refused and left alone', async (place) => {
        await using first = place.store();
        await first.open(never);
        await place.run('update liberate_meta set version = 5');
        await using second = place.store();
        const refused = await failure(second.open(never));
        expect(refused.code).toBe('LIB404');
        expect(refused.message).toContain('version 5');
        expect(await place.rows('select version from liberate_meta')).toEqual([['5']]);
      });

      unopened('of version 3 gets what it lacks, and keeps what it has', async (place) => {
        await using first = place.store();
        await first.open(never);
        const fence = await fenceOf(first, 'orders');
        await first.commit('orders', stateOf(), fence);
        await first.commitBackfill('orders', backfillOf(), fence);
        await first[Symbol.asyncDispose]();
        await place.run('drop table liberate_request');
        await place.run('alter table liberate_lease drop column wanted_until');
        await place.run('update liberate_meta set version = 3');
        await using second = place.store();
        await second.open(never);
        expect(await place.rows('select magic, version from liberate_meta')).toEqual([['liberate state', '4']]);
        expect([await second.load('orders'), await second.loadBackfill('orders')]).toEqual([stateOf(), backfillOf()]);
        expect(await second.requests.ask('orders', { by: 'a', parallel: 1, backfill: backfillOf() }, 60_000)).toBe(true);
        expect(await second.renew('orders', fence, 60_000)).toEqual({ asked: true, wanted: false });
        expect(await second.acquire('orders', 'another', 60_000, 'wants')).toMatchObject({ ok: false });
        expect(await second.renew('orders', fence, 60_000)).toEqual({ asked: true, wanted: true });
      });

      unopened('of another magic is refused and left alone', async (place) => {
        await using first = place.store();
        await first.open(never);
        await place.run(`update liberate_meta set magic = 'something else'`);
        await using second = place.store();
        expect((await failure(second.open(never))).code).toBe('LIB403');
      });

      for (const table of [
        'liberate_meta',
        'liberate_job',
        'liberate_lease',
        'liberate_backfill',
        'liberate_published',
        'liberate_published_head',
        'liberate_request',
      ]) {
        unopened(`is not made over a table ${table} of another program`, async (place) => {
          await place.run(`create table ${table} (id integer)`);
          await using store = place.store();
          expect((await failure(store.open(never))).code).toBe('LIB403');
          expect(await place.rows(`select * from ${table}`)).toEqual([]);
        });
      }

      unopened('is not there before it is opened', async (place) => {
        await using store = place.store();
        expect((await failure(store.load('orders'))).message).toContain('not open');
      });

      unopened('is opened again as it is', async (place) => {
        for (let time = 0; time < 3; time += 1) {
          await using store = place.store();
          await store.open(never);
        }
        expect(await place.rows('select magic, version from liberate_meta')).toEqual([['liberate state', '4']]);
      });
    });

    promise('does not open when that was given up already', async ({ place }) => {
      await using store = place.store();
      const gone = AbortSignal.abort(new Error('stop'));
      await expect(store.open(gone)).rejects.toThrow('stop');
    });
  });
}
