import type { Horizon } from '../model/watermark.ts';
import type { JobPlan } from './job-plan.ts';
import { cursorKind } from './mode.ts';

export interface Guarantee {
  /** What holds. */
  readonly guarantee: string;
  /** By which method. */
  readonly method: string;
}

/** What a job promises and how, as `plan`, `validate`, `status` and the first log line say it. */
export function guaranteeOf(plan: JobPlan, horizon: Pick<Horizon, 'method'>): Guarantee {
  const [cursor] = plan.cursor;
  switch (plan.mode) {
    case 'bulk':
      return {
        guarantee: 'the whole relation at each reload; deletes are not told',
        method: plan.key.length > 0 ? 'pages in key order' : 'one statement',
      };
    case 'incrementing':
      return cursor !== undefined && cursorKind(cursor) === 'integer'
        ? {
            guarantee: 'every inserted row, late commits included; updates and deletes are not told',
            method: `id gaps read again until proven dead by ${horizon.method}`,
          }
        : {
            guarantee: 'every row inserted in the order of its cursor; a late commit with a lower one is not seen',
            method: 'cursor past the mark',
          };
    case 'timestamp':
    case 'timestamp+incrementing':
      return {
        guarantee: 'every row whose stamp the server makes, late commits included; deletes are not told',
        method: `look-back to ${horizon.method}, repeats dropped`,
      };
    default:
      return plan.mode satisfies never;
  }
}
