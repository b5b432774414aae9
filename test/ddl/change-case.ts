import type { Compatibility } from '../../src/model/format.ts';
import type { DatabaseKind } from '../support/database.ts';
import { byRegistry, sides } from './by-registry.ts';

/** What a job promises its consumers, or that it goes on in a new topic instead of stopping (with `compatibility: forward`). */
export type Promised = Compatibility | 'newTopic';
export const promises = ['none', 'backward', 'forward', 'full', 'newTopic'] as const satisfies readonly Promised[];
export type Matrixed = (typeof promises)[number];

/**
 * What becomes of a job that is running, and of one that is run again:
 * `goes on`, with the schema as it was; `schema 2`, with another one that its consumers read; `v2`, in the next version of its topic; a code:
 * it stops, lets nothing out, and goes on by itself when the change is undone.
 */
export type Outcome = 'goes on' | `schema ${number}` | 'v2' | 'LIB203' | 'LIB204' | 'LIB501' | 'LIB701';

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
  /** In JSON Schema and in Protobuf, with a registry, where a database has an outcome of its own. */
  readonly registry?: Readonly<Partial<Record<'json-schema' | 'protobuf', readonly [backward: Outcome, forward: Outcome]>>>;
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

/** How the job writes: as it does by itself, without a registry, or with one. */
export const writings = ['json', 'avro', 'json-schema', 'protobuf'] as const;
export type Written = (typeof writings)[number];

/** What jobs of a format promise in the tests. */
export const promisesOf = (written: Written): readonly Matrixed[] => (written === 'json' || written === 'avro' ? promises : sides);

export function outcomeOf(name: string, change: Change, written: Written, promised: Matrixed): Outcome {
  const { outcomes, avro = outcomes } = change;
  const own = written === 'avro' || written === 'protobuf' ? avro : outcomes;
  if (written === 'json-schema' || written === 'protobuf') {
    const said = change.registry?.[written] ?? byRegistry[written][name];
    const at = (sides as readonly Promised[]).indexOf(promised);
    if (said !== undefined && at >= 0) return said[at] as Outcome;
  }
  return typeof own === 'string' ? own : (own[promises.indexOf(promised)] as Outcome);
}
