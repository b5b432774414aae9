import fc from 'fast-check';

/** What one of the sessions does; what it cannot do at that moment is left out. */
export type Action =
  | { readonly do: 'begin' | 'look' | 'savepoint' | 'back' | 'commit' | 'rollback'; readonly by: number }
  /** Rows of one statement, which share their stamps. */
  | { readonly do: 'insert'; readonly by: number; readonly rows: number }
  /** `row`: which of those that it can see. Where another session has it locked, the statement waits for it. */
  | { readonly do: 'update'; readonly by: number; readonly row: number; readonly body: 'a' | 'b' }
  /** `return`: a row that was deleted comes back as it was. */
  | { readonly do: 'delete' | 'rekey' | 'return'; readonly by: number; readonly row: number }
  | { readonly do: 'wait'; readonly ms: number };

/**
 * What goes wrong at the send or commit with this number: the process is gone before it, after it, or with a part of
 * the batch written; or only this one fails, and the process goes on.
 */
export interface Crash {
  readonly at: number;
  readonly how: 'before' | 'after' | 'part' | 'fault';
}

export interface Poll {
  readonly do: 'poll' | 'backfill' | 'reconcile';
  /** What the sessions do before each of its calls to database, sink and state. */
  readonly between: readonly (readonly Action[])[];
  readonly crash: Crash | null;
  /** The next poll starts from the stored state, as another process would. */
  readonly restart: boolean;
}

export type Step = Action | Poll;

export const sessions = 3;

const by = fc.nat(sessions - 1);

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('begin' as const), by }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('insert' as const), by, rows: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 7,
    arbitrary: fc.record({ do: fc.constant('update' as const), by, row: fc.nat(9), body: fc.constantFrom('a' as const, 'b' as const) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('commit' as const), by }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'rekey' as const, 'return' as const), by, row: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('look' as const, 'savepoint' as const, 'back' as const, 'rollback' as const), by }),
  },
  // Long enough, now and then, to leave what is looked back at.
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.oneof({ weight: 9, arbitrary: fc.nat(5) }, fc.constant(600)) }),
  },
);

const how = fc.constantFrom('before' as const, 'after' as const, 'part' as const, 'fault' as const);
const crash: fc.Arbitrary<Crash> = fc.record({
  at: fc.nat(4),
  how,
});

const between = fc.array(fc.array(action, { maxLength: 3 }), { maxLength: 8 });

const poll: fc.Arbitrary<Poll> = fc.record({
  do: fc.oneof({ weight: 6, arbitrary: fc.constant('poll' as const) }, fc.constant('backfill' as const)),
  between,
  crash: fc.option(crash, { freq: 2 }),
  restart: fc.boolean(),
});

/** It has more calls: each event is remembered before it leaves. */
const reconciled: fc.Arbitrary<Poll> = fc.record({
  do: fc.constant('reconcile' as const),
  between: fc.array(fc.array(action, { maxLength: 2 }), { maxLength: 20, size: 'max' }),
  crash: fc.option(fc.record({ at: fc.nat(12), how }), { freq: 2 }),
  restart: fc.boolean(),
});

export const history: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof({ weight: 9, arbitrary: action }, { weight: 3, arbitrary: poll }, reconciled),
  {
    maxLength: 40,
    size: 'max',
  },
);

/** The same history without crashes and backfills: without deletes nothing may come twice in it. */
export const undisturbed = (steps: readonly Step[]): readonly Step[] =>
  steps.map((step): Step => (isPoll(step) ? { ...step, do: step.do === 'backfill' ? 'poll' : step.do, crash: null } : step));

export const calm: Poll = { do: 'poll', between: [], crash: null, restart: false };
export const reconcile: Poll = { ...calm, do: 'reconcile' };
export const isPoll = (step: Step): step is Poll => 'between' in step;
