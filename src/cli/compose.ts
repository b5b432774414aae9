import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { Engine, SourceUse } from '../engine/engine.ts';
import { systemClock } from '../kit/clock.ts';
import type { Disposables } from '../kit/disposables.ts';
import { LiberateError } from '../kit/errors.ts';
import { Limiter } from '../kit/limiter.ts';
import type { Job } from '../model/job.ts';
import type { Observer } from '../observe/event.ts';
import type { SchemaRegistry } from '../registry/schema-registry.ts';
import { openSink, openStreamReader } from '../sink/registry.ts';
import type { Sink } from '../sink/sink.ts';
import { openSource } from '../source/registry.ts';
import { openState } from '../state/registry.ts';

export interface ComposeOptions {
  readonly config: Config;
  /** The jobs that will be used: only their sources and sinks are opened. */
  readonly jobs: readonly Job[];
  readonly observer: Observer;
  readonly stdout: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** An engine on one stack of opened things: released last-in first-out, the state store last of all. */
export async function compose(options: ComposeOptions, stack: Disposables): Promise<Engine> {
  const { config, jobs, observer, stdout, signal } = options;
  const store = stack.use(await openState(config.state));
  await store.open(signal);
  const sinks = await openSinks(config, jobs, stdout, stack);
  const registries = await openRegistries(config, jobs);
  const sources = await openSources(config, jobs, stack);
  return {
    store,
    observer,
    clock: systemClock,
    random: Math.random,
    holder: `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
    leaseTtlMs: config.leaseTtl,
    source: (job) => sources.get(job.source) as SourceUse,
    sink: (job) => sinks.get(job.sink) as Sink,
    registry: ({ sink }) => registries.get(sink) ?? null,
    readBack: (job) => openStreamReader(known(config.sinks, job.sink)),
  };
}

/** Connections for looking only: no state, no sink. */
export function openSources(config: Config, jobs: readonly Job[], stack: Disposables): Promise<ReadonlyMap<string, SourceUse>> {
  return openEach(
    jobs.map(({ source }) => source),
    async (name) => {
      const own = known(config.sources, name);
      return { source: stack.use(await openSource(own)), limiter: new Limiter(own.pool), timezone: own.timezone };
    },
  );
}

/** No I/O before their first use. */
export function openSinks(
  config: Config,
  jobs: readonly Job[],
  stdout: NodeJS.WritableStream,
  stack: Disposables,
): Promise<ReadonlyMap<string, Sink>> {
  return openEach(
    jobs.map(({ sink }) => sink),
    async (name) => stack.use(await openSink(known(config.sinks, name), { stdout })),
  );
}

/** Those of the sinks that have one; no I/O before their first use. */
export function openRegistries(config: Config, jobs: readonly Job[]): Promise<ReadonlyMap<string, SchemaRegistry | null>> {
  return openEach(
    jobs.map(({ sink }) => sink),
    async (name) => {
      const sink = known(config.sinks, name);
      if (sink.kind !== 'kafka' || sink.registry === null) return null;
      const { openRegistry } = await import('../registry/registry.ts');
      return openRegistry(sink.registry);
    },
  );
}

async function openEach<T>(names: readonly string[], open: (name: string) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  const opened = new Map<string, T>();
  for (const name of new Set(names)) opened.set(name, await open(name));
  return opened;
}

function known<T>(all: Readonly<Record<string, T>>, name: string): T {
  const one = all[name];
  if (one === undefined) throw new LiberateError('LIB901', `no source or sink "${name}" in a checked file`);
  return one;
}
