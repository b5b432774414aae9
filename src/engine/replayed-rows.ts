import type { Column } from '../model/column.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import type { RowBatch } from '../model/row.ts';
import type { ReadRequest } from '../query/request.ts';
import type { Source } from '../source/source.ts';
import { type JobPlan, requestOf } from './job-plan.ts';
import type { Reader } from './publisher.ts';
import { textAt } from './row-text.ts';
import { wholeOf } from './verify-read.ts';

/** The rows behind dead letters, found among those of the relation by the columns that order them: these no row is without. */
export class ReplayedRows implements Reader {
  readonly #plan: JobPlan;
  readonly #identity: readonly Column[];
  readonly #places: readonly number[];
  /** Texts of the identity → names of the letters. */
  readonly #wanted = new Map<string, string[]>();
  readonly #letters: readonly DeadLetter[];
  readonly #met = new Set<string>();
  readonly #missing = new Set<string>();

  constructor(plan: JobPlan, letters: ReadonlyMap<string, DeadLetter>) {
    this.#plan = plan;
    this.#identity = plan.mode === 'incrementing' ? plan.cursor : plan.order;
    this.#places = this.#identity.map(({ name }) => plan.columns.findIndex((column) => column.name === name));
    this.#letters = [...letters.values()];
    for (const [name, { row }] of letters) {
      const identity = JSON.stringify(this.#identity.map((column) => row[column.name] ?? null));
      this.#wanted.set(identity, [...(this.#wanted.get(identity) ?? []), name]);
      this.#missing.add(name);
    }
  }

  /** A part of the relation by the first identifying number; otherwise the whole. */
  requests(source: Source): readonly ReadRequest[] {
    const [first] = this.#identity;
    // Without anything that tells its rows apart, none of them can be found again.
    if (first === undefined) return [];
    const texts = this.#letters.map(({ row }) => row[first.name] ?? '');
    if (this.#plan.relation.kind === 'query' || !isWhole(first) || !texts.every((text) => /^-?\d+$/.test(text))) {
      return wholeOf({ plan: this.#plan, source }, false);
    }
    const numbers = texts.map(BigInt);
    const least = numbers.reduce((a, b) => (b < a ? b : a));
    const most = numbers.reduce((a, b) => (b > a ? b : a));
    const to = most < 9_223_372_036_854_775_807n ? String(most + 1n) : null;
    return [requestOf(this.#plan, { cursor: [first], key: [], window: { kind: 'range', from: String(least), to } })];
  }

  meet(rows: RowBatch, at: number): boolean {
    const names = this.#wanted.get(JSON.stringify(this.#places.map((field) => textAt(rows, at, field, this.#plan.masks?.[field]))));
    if (names === undefined) return false;
    for (const name of names) {
      this.#met.add(name);
      this.#missing.delete(name);
    }
    return true;
  }

  markBefore(): null {
    return null;
  }

  met(): null {
    return null;
  }

  /** Names of the letters whose rows are there. */
  get found(): readonly string[] {
    return [...this.#met];
  }

  /** Names of those whose rows are not. */
  get gone(): readonly string[] {
    return this.#identity.length === 0 ? [] : [...this.#missing];
  }
}

const isWhole = ({ type, native }: Column): boolean => type.kind === 'integer' || (type.kind === 'dynamic' && /INT/i.test(native));
