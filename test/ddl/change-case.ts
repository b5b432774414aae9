import type { DatabaseKind } from '../support/database.ts';

/** What a job promises its consumers, and, last, one that goes on in a new topic instead of stopping (with `compatibility: forward`). */
export const promises = ['none', 'backward', 'forward', 'full', 'newTopic'] as const;
export type Promised = (typeof promises)[number];

/**
 * What becomes of a job that is running, and of one that is run again:
 * `goes on`, with the schema as it was; `schema 2`, with another one that its consumers read; `v2`, in the next version of its topic; a code:
 * it stops, lets nothing out, and goes on by itself when the change is undone.
 */
export type Outcome = 'goes on' | 'schema 2' | 'v2' | 'LIB203' | 'LIB204' | 'LIB501' | 'LIB701';

/** The same for every promise, or each by itself, in their order. */
export type Outcomes = Outcome | readonly [Outcome, Outcome, Outcome, Outcome, Outcome];

/** A change as one database says it. */
export interface Change {
  /** SQL; `t` stands for the table. */
  readonly sql: string;
  /** SQL that undoes it, where a job stops. */
  readonly undo?: string;
  readonly outcomes: Outcomes;
  /** In Avro, with a registry, where that is another matter. */
  readonly avro?: Outcomes;
  /** SQL that writes rows into the relation as it is now, new ones and over old ones. Left out: a row more, and all of them once more. */
  readonly write?: string;
  /** The job's own relation, where that is not the table. Its key is `id`. */
  readonly view?: string;
  readonly query?: string;
}

/** What a database has no DDL for. */
export interface Impossible {
  readonly reason: string;
}

export interface ChangeCase {
  readonly name: string;
  readonly on: Readonly<Record<DatabaseKind, Change | Impossible>>;
}

/** How the job writes: as it does by itself, without a registry, or in Avro with one. */
export type Written = 'json' | 'avro';

export function outcomeOf({ outcomes, avro = outcomes }: Change, written: Written, promised: Promised): Outcome {
  const own = written === 'avro' ? avro : outcomes;
  return typeof own === 'string' ? own : (own[promises.indexOf(promised)] as Outcome);
}
