import type { Settings } from './arguments.ts';
import type { Place } from './place.ts';
import type { Result } from './result.ts';
import type { Subject } from './subject.ts';

export interface Bench {
  readonly place: Place;
  readonly settings: Settings;
  /** One, or in a comparison two. */
  readonly subjects: readonly Subject[];
  note(text: string): void;
}

export interface Case {
  readonly name: string;
  /** Resolves with the result without its name. */
  measure(bench: Bench): Promise<Omit<Result, 'case'>>;
}

/** Rows as asked for; otherwise a look's, or a baseline's. */
export const rowsOf = ({ rows, full }: Settings, look: number, baseline: number): number => rows ?? (full ? baseline : look);

/** A figure from a run that lost rows is none. */
export function expectRows(who: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${who} wrote ${found} rows of ${expected}: its figures count for nothing`);
}
