import fc from 'fast-check';

/** Which stamp a row gets. `late`: this many milliseconds ago, inside of the look-back. `tie`: that of a row written lately. */
export type Stamp =
  | { readonly kind: 'now' }
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'tie'; readonly row: number };

export type Write =
  /** Up to ten rows in one statement, all of one stamp. `skip`: ids that are left out before it. */
  | { readonly kind: 'insert'; readonly rows: number; readonly skip: number; readonly stamp: Stamp }
  /** An id that was left out. */
  | { readonly kind: 'fill'; readonly gap: number; readonly stamp: Stamp }
  | { readonly kind: 'update'; readonly row: number; readonly stamp: Stamp }
  | { readonly kind: 'wait'; readonly ms: number };

/**
 * What goes wrong in a poll: a send that writes a part of its batch, before or after (`late`) the one that is
 * under way beside it is acknowledged; or a commit whose outcome nobody learns.
 */
export type Crash =
  | { readonly kind: 'send'; readonly at: number; readonly written: number; readonly late: boolean }
  | { readonly kind: 'commit'; readonly at: number; readonly written: boolean };

export interface Poll {
  readonly kind: 'poll';
  /** Writes before each page. */
  readonly between: readonly (readonly Write[])[];
  readonly crash: Crash | null;
  /** The process ends after it, and the next poll starts from the stored state. */
  readonly restart: boolean;
  /** Milliseconds by which the source reaches back further than it must, as it does where it cannot see everything. */
  readonly deeper: number;
}

const lookback = 4000;

const stamp: fc.Arbitrary<Stamp> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'now' as const }) },
  fc.record({ kind: fc.constant('late' as const), ms: fc.nat(lookback) }),
  fc.record({ kind: fc.constant('tie' as const), row: fc.nat() }),
);

const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('insert' as const), rows: fc.integer({ min: 1, max: 10 }), skip: fc.nat(2), stamp }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fill' as const), gap: fc.nat(), stamp }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('update' as const), row: fc.nat(), stamp }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.oneof(fc.nat(50), fc.nat(3000)) }) },
);

const crash: fc.Arbitrary<Crash> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('send' as const), at: fc.nat(5), written: fc.nat(4), late: fc.boolean() }) },
  fc.record({ kind: fc.constant('commit' as const), at: fc.nat(2), written: fc.boolean() }),
);

const poll: fc.Arbitrary<Poll> = fc.record({
  kind: fc.constant('poll' as const),
  between: fc.array(fc.array(write, { maxLength: 2 }), { maxLength: 3 }),
  crash: fc.option(crash, { freq: 2 }),
  restart: fc.boolean(),
  deeper: fc.oneof(fc.constant(0), fc.nat(60_000)),
});

export const history: fc.Arbitrary<readonly (Write | Poll)[]> = fc.array(fc.oneof({ weight: 2, arbitrary: write }, poll), {
  maxLength: 30,
  size: 'max',
});

export const calm: Poll = { kind: 'poll', between: [], crash: null, restart: false, deeper: 0 };
