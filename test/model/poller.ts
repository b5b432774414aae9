import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseObject } from '../../src/config/parse.ts';
import { type AttemptContext, attemptCycle } from '../../src/engine/attempt.ts';
import { newMemory } from '../../src/engine/job-memory.ts';
import type { JobPlan } from '../../src/engine/job-plan.ts';
import { resolveTarget, targetsOf } from '../../src/engine/resolve.ts';
import { alone } from '../../src/engine/turn.ts';
import type { Clock } from '../../src/kit/clock.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Job } from '../../src/model/job.ts';
import type { CycleReport } from '../../src/model/report.ts';
import type { JobState } from '../../src/model/state.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { openSource } from '../../src/source/registry.ts';
import type { Source } from '../../src/source/source.ts';
import { horizonAt } from '../../src/source/sqlite/horizon.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { noReader } from '../engine/no-reader.ts';
import type { KeyedEvent } from '../integrity/checker.ts';
import type { Crash, Poll } from './steps.ts';
import type { ModelTable } from './table.ts';

export interface Opened extends AsyncDisposable {
  readonly source: Source;
  readonly plan: JobPlan;
}

const signal = new AbortController().signal;

/** One source for many runs: each brings a table of the same shape and a page size of its own. */
export async function openJob(path: string, job: object): Promise<Opened> {
  const loaded = parseObject(
    { source: `sqlite:${path}`, sink: 'ndjson:unused', jobs: { items: { table: 'items', every: '1s', retries: 0, ...job } } },
    '/',
    {},
    () => '',
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const [own] = Object.values(config.sources);
  const source = await openSource(own as NonNullable<typeof own>);
  const [only] = config.jobs as readonly [Job];
  const facts = await source.check(signal);
  const [target] = await targetsOf(only, source, facts, signal);
  const resolved = await resolveTarget(only, target as NonNullable<typeof target>, source, facts, null, signal);
  // Each history has a table of its own, made anew and always alike.
  const { version: _, ...shape } = resolved.shape;
  const plan = { ...resolved, shape };
  return { source, plan, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

/** The engine's cycle on a real SQLite file, with a sink and a state store that fail when they are told to. */
export class ModelPoller {
  readonly #opened: Opened;
  readonly #table: ModelTable;
  readonly #memory = openMemory();
  readonly #store = openMemoryState();
  readonly #batch: number;
  #known: JobState | null | 'unknown' = 'unknown';
  #fence = 0n;

  constructor(opened: Opened, table: ModelTable, batch: number) {
    this.#opened = opened;
    this.#table = table;
    this.#batch = batch;
  }

  events(): readonly KeyedEvent[] {
    const { name } = this.#opened.plan.topic;
    return this.#memory.records(name).map(({ key, value }) => ({ key: String(key), value: value?.toString() ?? null }));
  }

  /** What a restart would start from. */
  stored(): Promise<JobState | null> {
    return this.#store.load(this.#opened.plan.name);
  }

  async poll(poll: Poll): Promise<CycleReport> {
    const { plan } = this.#opened;
    const acquired = await this.#store.acquire(plan.name, 'model', 1e9);
    if (acquired.ok) this.#fence = acquired.fence;
    const context: AttemptContext = {
      plan: { ...plan, job: { ...plan.job, batch: this.#batch } },
      source: this.#source(poll),
      sink: failingSink(this.#memory, poll.crash),
      store: failingStore(this.#store, poll.crash),
      observer: () => undefined,
      clock: this.#clock(),
      random: () => 0,
      fence: this.#fence,
      memory: newMemory(),
      readBack: noReader,
      registry: null,
      turn: alone,
    };
    const { report, state } = await attemptCycle(context, this.#known, signal);
    this.#known = poll.restart ? 'unknown' : state;
    return report;
  }

  /** The writes of a poll come before its pages; a horizon may be deeper than it must. */
  #source({ between, deeper }: Poll): Source {
    const { source } = this.#opened;
    let page = 0;
    return new Proxy(source, {
      get: (target, name) => {
        if (name === 'horizon') {
          return async (lookbackMs: number | null) => {
            const horizon = horizonAt(this.#table.now, lookbackMs);
            return { ...horizon, floor: horizon.floor - BigInt(deeper * 1000) };
          };
        }
        if (name === 'read') {
          return (...args: Parameters<Source['read']>) => {
            for (const write of between[page] ?? []) this.#table.apply(write);
            page += 1;
            return target.read(...args);
          };
        }
        const own: unknown = Reflect.get(target, name, target);
        return typeof own === 'function' ? own.bind(target) : own;
      },
    });
  }

  /** Each look takes a third of a second, so that a read commits in its middle too. */
  #clock(): Clock {
    let at = this.#table.now;
    return { now: () => (at += 333), sleep: async () => undefined };
  }
}

/** Long enough for whoever does not wait to go on meanwhile. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

function failingSink(memory: Sink, crash: Crash | null): Sink {
  let sends = 0;
  return new Proxy(memory, {
    get: (target, name) => {
      if (name === 'limits') return () => ({ records: 3, bytes: 1_000_000, inFlight: 2 });
      if (name !== 'send') return Reflect.get(target, name, target);
      const send: Sink['send'] = async (topic, batch, aborted) => {
        const at = sends;
        sends += 1;
        if (crash?.kind !== 'send' || (at !== crash.at && at !== crash.at + 1)) return target.send(topic, batch, aborted);
        const fails = at === crash.at;
        if (fails === crash.late) await turns(5);
        for (let left = batch.count; fails && left > crash.written; left -= 1) batch.pop();
        await target.send(topic, batch, aborted);
        if (fails) throw new LiberateError('LIB305', 'the sink fails as it was told to');
      };
      return send;
    },
  });
}

function failingStore(store: StateStore, crash: Crash | null): StateStore {
  let commits = 0;
  return new Proxy(store, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name, target);
      if (name !== 'commit') return typeof own === 'function' ? own.bind(target) : own;
      const commit: StateStore['commit'] = async (...args) => {
        const at = commits;
        commits += 1;
        if (crash?.kind !== 'commit' || at < crash.at) return target.commit(...args);
        if (crash.written) await target.commit(...args);
        throw new LiberateError('LIB405', 'the state store fails as it was told to');
      };
      return commit;
    },
  });
}
