import type { Clock } from '../kit/clock.ts';
import type { Limiter } from '../kit/limiter.ts';
import type { Job } from '../model/job.ts';
import type { Observer } from '../observe/event.ts';
import type { SchemaRegistry } from '../registry/schema-registry.ts';
import type { Sink } from '../sink/sink.ts';
import type { StreamReader } from '../sink/stream-reader.ts';
import type { Source } from '../source/source.ts';
import type { StateStore } from '../state/state-store.ts';

/** What the engine works with: built by `cli/compose.ts`, faked in tests. */
export interface Engine {
  readonly store: StateStore;
  readonly observer: Observer;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** This process, as other runners see it in the lease: `host:pid:random`. */
  readonly holder: string;
  readonly leaseTtlMs: number;
  /** Connections of a job; opened at the first use and shared by the jobs that name them. */
  source(job: Job): SourceUse;
  sink(job: Job): Sink;
  /** Where the schemas of its events are looked up by number; null: it has none. */
  registry(job: Job): SchemaRegistry | null;
  /** Reads what a job's sink holds; each call opens one. LIB110 for a sink that keeps nothing. */
  readBack(job: Job): Promise<StreamReader>;
}

export interface SourceUse {
  readonly source: Source;
  /** Bounds the cycles that run at once on this source. */
  readonly limiter: Limiter;
  /** IANA zone of stamps without zone; null: UTC. */
  readonly timezone: string | null;
}
