import { EventEmitter } from 'node:events';
import type { Engine } from '../../src/engine/engine.ts';
import type { Clock } from '../../src/kit/clock.ts';
import { Limiter } from '../../src/kit/limiter.ts';
import { batchOfRows, type RowBatch } from '../../src/model/row.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import type { HintListener, Hints, Source } from '../../src/source/source.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import { shape } from './job.ts';
import { noReader } from './no-reader.ts';

type Read = (request: ReadRequest, signal: AbortSignal) => AsyncIterable<RowBatch>;

const sight = { privilege: null, missing: false, raise: null, assumedMs: 60_000 };

/** A source whose reads the test writes; everything else is a plain answer. */
export function scriptedSource(read: Read, hints: Hints | null = null, described: () => void = () => {}): Source {
  return {
    name: 'scripted',
    kind: 'postgres',
    hints,
    check: async () => ({ version: 'Scripted 1', defaultSchema: 'public', database: 'shop', timezone: null, remarks: [], sight }),
    tables: async () => [],
    describe: async () => {
      described();
      return shape();
    },
    horizon: async () => ({ now: 2_000_000n, floor: 1_000_000n, method: 'script' }),
    countNulls: async () => 0,
    last: async () => null,
    nth: async () => null,
    estimate: async () => null,
    explain: async () => ({ sql: 'SELECT', binds: [], lines: [], scans: [], sorts: false }),
    indexSql: () => 'CREATE INDEX',
    read,
    uncommitted: null,
    together: null,
    parseCursor: (text) => text,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** A clock that jumps to the next sleeper whenever nothing else is going on: hours pass in milliseconds. */
export function jumpingClock(start = 1_700_000_000_000): Clock {
  let now = start;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  let jumping = false;
  const jump = (): void => {
    if (jumping) return;
    jumping = true;
    // Two turns of the loop: whoever can go on without time passing goes on first.
    setImmediate(() =>
      setImmediate(() => {
        jumping = false;
        const next = [...sleepers].sort((a, b) => a.at - b.at)[0];
        if (next === undefined) return;
        now = Math.max(now, next.at);
        next.wake();
        if (sleepers.size > 0) jump();
      }),
    );
  };
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { at: now + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake, { once: true });
        jump();
      }),
  };
}

export interface Scripted {
  readonly engine: Engine;
  readonly events: readonly LiberateEvent[];
  readonly sink: ReturnType<typeof openMemory>;
  /** Resolves when an event, past or future, satisfies the test. */
  event(test: (event: LiberateEvent) => boolean): Promise<LiberateEvent>;
}

export async function scripted(
  read: Read,
  options: {
    readonly pool?: number;
    readonly clock?: Clock;
    readonly hints?: Hints;
    readonly described?: () => void;
    readonly together?: Source['together'];
    readonly source?: Partial<Source>;
  } = {},
): Promise<Scripted> {
  const clock = options.clock ?? jumpingClock();
  const store = openMemoryState({ clock });
  await store.open(new AbortController().signal);
  const events: LiberateEvent[] = [];
  const told = new EventEmitter().setMaxListeners(0);
  const sink = openMemory();
  const source = { ...scriptedSource(read, options.hints, options.described), together: options.together ?? null, ...options.source };
  const limiter = new Limiter(options.pool ?? 5);
  const engine: Engine = {
    store,
    observer: (event) => {
      events.push(event);
      told.emit('event');
    },
    clock,
    random: () => 0.5,
    holder: 'test',
    leaseTtlMs: 15_000,
    source: () => ({ source, limiter, timezone: null }),
    sink: () => sink,
    readBack: noReader,
    registry: () => null,
  };
  const event = (test: (event: LiberateEvent) => boolean): Promise<LiberateEvent> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = events.find(test);
        if (found === undefined) return;
        told.off('event', look);
        resolve(found);
      };
      told.on('event', look);
      look();
    });
  return { engine, events, sink, event };
}

/** Rows of ids with one stamp a second apart. */
export function batchOf(...ids: readonly number[]): RowBatch {
  const rows = ids.map((id) => {
    const stamp = `2026-01-01 00:00:${String(id % 60).padStart(2, '0')}+00`;
    return {
      values: [String(id), `${stamp.replace(' ', 'T').slice(0, 19)}Z`, '1.50'],
      position: [stamp, String(id)],
      ahead: true,
      recent: false,
    };
  });
  return batchOfRows(rows, rows.at(-1)?.position ?? null);
}

/** Hints that the test gives. */
export function scriptedHints(): Hints & { readonly listeners: ReadonlySet<HintListener> } {
  const listeners = new Set<HintListener>();
  return {
    listeners,
    setup: () => null,
    watch(_wake, listener) {
      listeners.add(listener);
      return { [Symbol.asyncDispose]: async () => void listeners.delete(listener) };
    },
  };
}
