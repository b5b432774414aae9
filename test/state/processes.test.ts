import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kit/clock.ts';
import { holdLease } from '../../src/state/lease.ts';
import { openSqliteState } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { never } from '../contract/state-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { stateOf } from './samples.ts';

const job = 'orders';
const ttlMs = 1500;
const storeOn = (path: string): StateStore => openSqliteState({ kind: 'sqlite', url: path, user: null, password: null, tls: null });

interface Runner extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly messages: readonly string[];
  /** Code or signal by which it ended, and what it said of it if it failed. */
  readonly ended: Promise<number | string | null>;
}

function runner(...args: readonly string[]): Runner {
  const messages: string[] = [];
  const child = fork(fileURLToPath(new URL('./runner.ts', import.meta.url)), args, { execArgv: ['--import', 'tsx'], silent: true });
  child.on('message', (message) => messages.push(String(message)));
  const errors: string[] = [];
  child.stderr?.on('data', (text) => errors.push(String(text)));
  // Not before its last words have come.
  const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) =>
    code === 1 ? `1: ${errors.join('')}` : (code ?? signal ?? null),
  );
  return {
    process: child,
    messages,
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const lastCommitted = ({ messages }: Runner): number =>
  messages.reduce((most, message) => (message.startsWith('committed ') ? Math.max(most, Number(message.slice(10))) : most), 0);

describe('processes on one state file', () => {
  it('never hold a lease at once: 200 rounds of two, and none is lost', { timeout: 60_000 }, async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    const guard = join(folder.path, 'guard');
    await using first = runner('rounds', path, 'first', '100', guard);
    await using second = runner('rounds', path, 'second', '100', guard);
    expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
    await using store = storeOn(path);
    await store.open(never);
    expect((await store.load(job))?.mark).toEqual(['200']);
    expect(await store.acquire(job, 'third', 1000)).toEqual({ ok: true, fence: 201n });
  });

  it('take over from one that was killed, within its time and from its last commit', { timeout: 60_000 }, async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await using store = storeOn(path);
    await store.open(never);
    await using victim = runner('counting', path, 'victim', String(ttlMs));
    await waitFor(() => lastCommitted(victim) >= 20, { timeout: 20_000, what: 'its commits' });
    expect(await store.acquire(job, 'heir', ttlMs)).toMatchObject({ ok: false, holder: 'victim' });
    victim.process.kill('SIGKILL');
    expect(await victim.ended).toBe('SIGKILL');
    const began = performance.now();
    await using lease = await holdLease(store, job, { holder: 'heir', ttlMs, clock: systemClock, wait: true }, never);
    expect(performance.now() - began).toBeLessThan(ttlMs + 1000);
    const number = Number((await store.load(job))?.mark?.[0]);
    // The one whose commit it could no longer tell of may be there too.
    expect(number - lastCommitted(victim)).toBeGreaterThanOrEqual(0);
    expect(number - lastCommitted(victim)).toBeLessThanOrEqual(1);
    expect(await store.commit(job, stateOf({ mark: [String(number + 1)] }), lease.fence)).toBe('committed');
  });

  it('shut one out that was stopped longer than its lease, when it wakes', { timeout: 60_000 }, async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    await using store = storeOn(path);
    await store.open(never);
    await using sleeper = runner('counting', path, 'sleeper', String(ttlMs), '20');
    await waitFor(() => lastCommitted(sleeper) === 20, { timeout: 20_000, what: 'its commits' });
    sleeper.process.kill('SIGSTOP');
    await using lease = await holdLease(store, job, { holder: 'heir', ttlMs, clock: systemClock, wait: true }, never);
    expect(await store.commit(job, stateOf({ mark: ['1000000'] }), lease.fence)).toBe('committed');
    sleeper.process.send('go on');
    sleeper.process.kill('SIGCONT');
    expect(await sleeper.ended).toBe(0);
    expect(sleeper.messages).toContain('lost LIB407');
    expect(sleeper.messages.filter((message) => message.startsWith('fenced'))).toHaveLength(1);
    expect((await store.load(job))?.mark).toEqual(['1000000']);
    expect(lease.lost.aborted).toBe(false);
  });

  it('find each commit that was told whole after a kill at any moment', { timeout: 120_000 }, async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'state.db');
    let last = 0;
    for (let time = 0; time < 6; time += 1) {
      // One holder's name: it may have its own lease back at once.
      await using victim = runner('counting', path, 'victim', '60000');
      await waitFor(() => lastCommitted(victim) >= last + 5 + time, { timeout: 20_000, what: 'its commits' });
      victim.process.kill('SIGKILL');
      await victim.ended;
      await using store = storeOn(path);
      await store.open(never);
      const number = Number((await store.load(job))?.mark?.[0]);
      expect(number).toBeGreaterThanOrEqual(lastCommitted(victim));
      expect(number).toBeLessThanOrEqual(lastCommitted(victim) + 1);
      last = number;
    }
  });
});
