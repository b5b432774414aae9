import { parseObject } from '../../src/config/parse.ts';
import type { Engine, SourceUse } from '../../src/engine/engine.ts';
import { runJobs } from '../../src/engine/run.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Disposables } from '../../src/kit/disposables.ts';
import { Limiter } from '../../src/kit/limiter.ts';
import type { CycleReport } from '../../src/model/report.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import { openSource } from '../../src/source/registry.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import { noReader } from '../engine/no-reader.ts';
import { waitFor } from '../support/topics.ts';
import type { KeyedEvent } from './checker.ts';

/** Jobs that run in this process, on real databases, into memory. */
export interface Polling extends AsyncDisposable {
  /** The stream of a job so far. */
  stream(job: string): readonly KeyedEvent[];
  /** How each cycle of a job ended. */
  reports(job: string): readonly CycleReport[];
  readonly events: readonly LiberateEvent[];
  /** Resolves when every job has ended this many further cycles that began after now. */
  cycles(count: number): Promise<void>;
  /** Ends it, and goes on with other jobs from its state, into the same topics. */
  restart(content: JobsContent): Promise<Polling>;
  /** Resolves when every job has ended this many further reconciles. */
  reconciles(count: number): Promise<void>;
}

type JobsContent = { readonly jobs: Readonly<Record<string, object>>; readonly [key: string]: unknown };

/** `content`: a jobs file without `sink:`. Each job's topic is its own name. `clock`: the engine's. */
export function startPolling(content: JobsContent, store = openMemoryState(), sink = openMemory(), clock = systemClock): Polling {
  const loaded = parseObject({ ...content, sink: 'ndjson:unused' }, '/', {}, () => '');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const events: LiberateEvent[] = [];
  const stop = new AbortController();
  const running = (async (): Promise<void> => {
    await using stack = new Disposables();
    const uses = new Map<string, SourceUse>();
    for (const [name, own] of Object.entries(config.sources)) {
      uses.set(name, { source: stack.use(await openSource(own)), limiter: new Limiter(own.pool), timezone: own.timezone });
    }
    const engine: Engine = {
      store,
      observer: (event) => void events.push(event),
      clock,
      random: Math.random,
      holder: 'test',
      leaseTtlMs: config.leaseTtl,
      source: (job) => uses.get(job.source) as SourceUse,
      sink: () => sink,
      readBack: noReader,
      registry: () => null,
    };
    await runJobs(engine, config.jobs, { once: false, waitForLease: true }, stop.signal);
  })();
  running.catch(() => undefined);

  const end = async (): Promise<void> => {
    stop.abort(new Error('the test is over'));
    await running;
  };
  const names = config.jobs.map(({ name }) => name);
  const reports = (job: string): readonly CycleReport[] =>
    events.flatMap((event) => (event.type === 'cycle.end' && event.report.job === job ? [event.report] : []));
  return {
    events,
    reports,
    stream: (job) => sink.records(job).map(({ key, value }) => ({ key: key?.toString() ?? '', value: value?.toString() ?? null })),
    cycles: async (count) => {
      const from = clock.now();
      const ended = (job: string): number => reports(job).filter(({ startedAt, outcome }) => outcome === 'ok' && startedAt > from).length;
      await waitFor(() => names.every((name) => ended(name) >= count), { timeout: 20_000, what: `${count} cycles of each job` });
    },
    restart: async (next) => {
      await end();
      return startPolling(next, store, sink);
    },
    reconciles: async (count) => {
      const from = events.length;
      const ended = (job: string): number =>
        events.slice(from).filter((event) => event.type === 'reconcile.end' && event.job === job).length;
      await waitFor(() => names.every((name) => ended(name) >= count), { timeout: 60_000, what: `${count} reconciles of each job` });
    },
    [Symbol.asyncDispose]: end,
  };
}
