import { once } from 'node:events';
import { open, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/kit/clock.ts';
import { holdLease } from '../../src/state/lease.ts';
import { openSqliteState } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { stateOf } from './samples.ts';

/** A runner as a process of its own, for processes.test.ts: `runner.ts PART FILE HOLDER …`. It tells its parent what happened, one message each. */

const job = 'orders';
const never = new AbortController().signal;
const tell = (message: string): void => void process.send?.(message);
const numberOf = async (store: StateStore): Promise<number> => Number((await store.load(job))?.mark?.[0] ?? 0);

/** Takes the lease, counts one on and gives it up, `count` times; a file that only one can make tells two holders. */
async function rounds(store: StateStore, holder: string, count: number, guard: string): Promise<void> {
  for (let done = 0; done < count; ) {
    const got = await store.acquire(job, holder, 10_000);
    if (!got.ok) {
      await sleep(Math.random() * 5);
      continue;
    }
    await (await open(guard, 'wx')).close();
    const number = await numberOf(store);
    const verdict = await store.commit(job, stateOf({ mark: [String(number + 1)] }), got.fence);
    if (verdict !== 'committed') throw new Error(verdict);
    await unlink(guard);
    await store.release(job, got.fence);
    done += 1;
    await sleep(Math.random() * 3);
  }
  tell('done');
}

/**
 * Holds the lease and commits number after number, telling each that is committed, until it is killed or fenced
 * off. After `rest` of them it waits for its parent's word, so that it can be stopped outside a transaction.
 */
async function counting(store: StateStore, holder: string, ttlMs: number, rest: number): Promise<void> {
  await using lease = await holdLease(store, job, { holder, ttlMs, clock: systemClock, wait: true }, never);
  lease.lost.addEventListener('abort', () => tell(`lost ${(lease.lost.reason as { readonly code: string }).code}`));
  tell(`held ${lease.fence}`);
  for (let number = await numberOf(store); ; ) {
    number += 1;
    const verdict = await store.commit(job, stateOf({ mark: [String(number)] }), lease.fence);
    tell(`${verdict} ${number}`);
    if (verdict === 'fenced') break;
    if (number === rest) await once(process, 'message');
    await sleep(1);
  }
  // Both are told: that its write was refused, and that its lease is gone.
  while (!lease.lost.aborted) await sleep(5);
}

const [part, file = '', holder = '', amount = '', more = ''] = process.argv.slice(2);
await using store = openSqliteState({ kind: 'sqlite', url: file, user: null, password: null, tls: null });
await store.open(never);
if (part === 'rounds') await rounds(store, holder, Number(amount), more);
else await counting(store, holder, Number(amount), Number(more));
process.disconnect?.();
