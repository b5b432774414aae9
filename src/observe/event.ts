import type { Guarantee } from '../model/guarantee.ts';
import type { ReconcileReport } from '../model/published.ts';
import type { CycleReport } from '../model/report.ts';

/** Everything that liberate tells while it works. Readers (log, progress, journal) only listen. */
export type LiberateEvent =
  /** The first line of a job: what it reads, where it goes, which guarantee holds, by which method, and what would raise it. */
  | ({
      readonly type: 'job.start';
      readonly job: string;
      readonly relation: string;
      readonly topic: string;
      readonly mode: string;
    } & Guarantee)
  | { readonly type: 'job.notice'; readonly job: string; readonly message: string; readonly cure: string | null }
  | { readonly type: 'job.warning'; readonly job: string; readonly message: string; readonly cure: string | null }
  | { readonly type: 'cycle.progress'; readonly job: string; readonly rows: number; readonly expected: number | null; readonly ms: number }
  | {
      readonly type: 'cycle.retry';
      readonly job: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly code: string;
      readonly reason: string;
    }
  /** A backfill has done one of its chunks; `range`: which rows, as a person reads it. */
  | {
      readonly type: 'backfill.chunk';
      readonly job: string;
      readonly chunk: number;
      readonly chunks: number;
      readonly range: string;
      readonly published: number;
      readonly ms: number;
    }
  /** A reconcile has ended: what it found and what it cost. */
  | { readonly type: 'reconcile.end'; readonly job: string; readonly report: ReconcileReport }
  /** `guarantee`: what held in the cycle, for whoever asks: of most quiet polls nobody does. */
  | { readonly type: 'cycle.end'; readonly report: CycleReport; readonly guarantee?: () => Guarantee | null }
  /** This process has taken the job's lease, or has it no longer. */
  | { readonly type: 'job.lease'; readonly job: string; readonly held: boolean }
  | { readonly type: 'run.listening'; readonly url: string }
  | { readonly type: 'run.stopping'; readonly reason: string }
  | { readonly type: 'run.ready'; readonly jobs: number; readonly ms: number };

/** A listener must not throw and must not block. */
export type Observer = (event: LiberateEvent) => void;

/** Tells every listener; one that throws cannot break the loop that tells. */
export function tellAll(observers: readonly Observer[]): Observer {
  return (event) => {
    for (const observer of observers) {
      try {
        observer(event);
      } catch {
        // A broken listener loses its own line and nothing else.
      }
    }
  };
}
