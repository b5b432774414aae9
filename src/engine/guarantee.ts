import { formatDuration } from '../kit/duration.ts';
import type { Guarantee, Lookback, Sight } from '../model/guarantee.ts';
import type { Horizon } from '../model/watermark.ts';
import type { JobPlan } from './job-plan.ts';
import { cursorKind } from './mode.ts';

/** What a job promises and how. `horizon`: the newest one taken; what it says of open transactions may change with each. */
export function guaranteeOf(plan: JobPlan, sight: Sight, horizon: Horizon): Guarantee {
  switch (plan.mode) {
    case 'bulk':
      return bulk(plan);
    case 'incrementing': {
      const [cursor] = plan.cursor;
      return cursor !== undefined && cursorKind(cursor) === 'integer' ? ids(plan, sight, horizon) : otherOrder();
    }
    case 'timestamp':
    case 'timestamp+incrementing':
      return plan.job.order === 'strict' ? inOrder(plan, sight, horizon) : stamps(plan, sight, horizon);
    case 'transaction':
      return numbers(plan);
    default:
      return plan.mode satisfies never;
  }
}

function bulk({ key }: JobPlan): Guarantee {
  return {
    guarantee: 'the whole relation at each reload; deletes are not told',
    method: key.length > 0 ? 'pages in key order' : 'one statement',
    privilege: null,
    lookback: null,
    cost: 'each run reads and publishes every row',
    raise: 'Give a `cursor:`: then only what changed is read',
    blind: ['a row that was deleted since the last run', 'what was changed twice between two runs, but for the last of it'],
  };
}

/** An id is taken when its row is written, or before: by a session for its cache, by an application for its pool. */
function ids({ job, cached }: JobPlan, sight: Sight, horizon: Horizon): Guarantee {
  const kept = job.lookback === null ? null : formatDuration(job.lookback);
  const pooled = kept === null ? 'ids that an application keeps for later need a `lookback:`' : `ids are used within ${kept} at the latest`;
  const sessions = horizon.eldest === undefined ? '; sessions that cache ids are unseen' : ', and the sessions of their time have ended';
  const dirty = sight.uncommitted === true;
  const unwritten = dirty ? ', and no open transaction has written them (READ UNCOMMITTED)' : '';
  return {
    guarantee: unlessLonger(
      'every inserted row, late commits included',
      sight,
      job.lookback,
      `${pooled}; updates and deletes are not told`,
      dirty ? 'takes its id and writes no row for' : 'lasts',
    ),
    method: `id gaps read again until proven dead by ${horizon.method}${cached && kept === null ? sessions : ''}${unwritten}`,
    privilege: privilegeOf(sight),
    lookback: lookbackOf(horizon),
    cost: `each poll reads the ids missing below the mark again, in the same statement${dirty ? '; once more, uncommitted ones too, before they are given up' : ''}`,
    raise: sight.raise ?? 'A timestamp as `cursor:` would tell updates too',
    blind: [
      'an UPDATE',
      'a DELETE',
      `an id that was taken longer ago than ${kept ?? 'its transaction began'}, by an application for its pool`,
    ],
  };
}

function otherOrder(): Guarantee {
  return {
    guarantee: 'every row inserted in the order of its cursor; a late commit with a lower one is not seen',
    method: 'cursor past the mark',
    privilege: null,
    lookback: null,
    cost: 'nothing is read again',
    raise: 'Use a whole number or a timestamp as `cursor:`: then late commits are found',
    blind: ['a row that is committed after one with a higher cursor', 'an UPDATE', 'a DELETE'],
  };
}

function stamps(plan: JobPlan, sight: Sight, horizon: Horizon): Guarantee {
  const { job, cursor } = plan;
  const names = cursor.map(({ name }) => name).join(' and ');
  const lookback = lookbackOf(horizon);
  return {
    guarantee: unlessLonger('every row whose stamp the server makes, late commits included', sight, job.lookback, 'deletes are not told'),
    method: `look-back to ${horizon.method}, repeats dropped`,
    privilege: privilegeOf(sight),
    lookback,
    cost: 'each poll reads the rows stamped within the look-back again and drops what was published',
    raise: sight.raise,
    blind: [
      `an UPDATE that leaves ${names} alone`,
      'a DELETE',
      `a stamp that is not the server's own and lies further back than the look-back (\`lookback:\` lengthens it)`,
      ...(job.where === null ? [] : ['a row that stops meeting `where:`: its last event stays']),
    ],
  };
}

/** The fence is proved where open transactions are seen; elsewhere it is a guess, and said to be one. */
function inOrder(plan: JobPlan, sight: Sight, horizon: Horizon): Guarantee {
  const inStamps = 'every row whose stamp the server makes, once, in the order of the stamps';
  return {
    ...stamps(plan, sight, horizon),
    guarantee: unlessLonger(inStamps, sight, plan.job.lookback, 'deletes are not told'),
    method: `rows wait for ${horizon.method}`,
    lookback: null,
    cost: 'each row waits until no open transaction can stamp an earlier one; nothing is read again',
  };
}

function numbers({ cursor, job }: JobPlan): Guarantee {
  const names = cursor.map(({ name }) => name).join(' and ');
  return {
    guarantee: 'every row that carries the number of the transaction which wrote it, once, in the order of commits; deletes are not told',
    method: 'difference of two snapshots',
    privilege: null,
    lookback: null,
    cost: 'nothing is read again',
    raise: null,
    blind: [
      `an UPDATE that leaves ${names} alone`,
      'a DELETE',
      ...(job.where === null ? [] : ['a row that stops meeting `where:`: its last event stays']),
    ],
  };
}

/** Without sight of the open transactions the promise has a limit, which must not be left unsaid. */
function unlessLonger(what: string, { raise, assumedMs }: Sight, lookbackMs: number | null, rest: string, does = 'lasts'): string {
  if (raise === null) return `${what}; ${rest}`;
  return `${what}, unless a transaction that cannot be seen ${does} longer than ${formatDuration(lookbackMs ?? assumedMs)}; ${rest}`;
}

const privilegeOf = ({ privilege, missing }: Sight): Guarantee['privilege'] => (privilege === null ? null : { needed: privilege, missing });

const lookbackOf = ({ now, floor, method }: Horizon): Lookback => ({ ms: Math.max(0, Number((now - floor) / 1000n)), by: method });
