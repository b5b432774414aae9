import type { Micros, Watermark } from '../../model/watermark.ts';
import type { Flavour } from '../../query/flavour.ts';
import { type PlannedRead, planRead } from '../../query/plan.ts';
import type { ReadRequest, Window } from '../../query/request.ts';
import { onePast } from '../batches.ts';
import { instantText } from './flavour.ts';

type After = Extract<Window, { readonly kind: 'after' }>;

/** Stand for the two instants of a look-back while it is planned: no clock shows them. */
const floorMark = -1n;
const recentMark = -2n;

/** A page's statement, planned. */
export interface PagePlan {
  readonly plan: PlannedRead;
  readonly values: readonly string[];
}

/** The statement of one job's small pages: planned anew only when more changes than the instants of its look-back, which each poll moves. */
export class PagePlans {
  #request: ReadRequest | null = null;
  #flavour: Flavour | null = null;
  #plan: PlannedRead | null = null;

  planned(flavour: Flavour, request: ReadRequest): PagePlan {
    const { window, recentFrom } = request;
    const lookBack =
      window.kind === 'after' &&
      (window.fresh ?? null) === null &&
      (request.below ?? null) === null &&
      window.floor !== null &&
      recentFrom !== null
        ? window
        : null;
    if (lookBack === null || recentFrom === null) {
      const plan = planRead(flavour, onePast(request));
      return { plan, values: valuesOf(plan, null, null) };
    }
    if (this.#plan === null || flavour !== this.#flavour || !this.#fits(request, lookBack)) {
      this.#plan = planRead(flavour, onePast({ ...request, window: { ...lookBack, floor: floorMark }, recentFrom: recentMark }));
      this.#request = request;
      this.#flavour = flavour;
    }
    return { plan: this.#plan, values: valuesOf(this.#plan, lookBack.floor, recentFrom) };
  }

  /** Is the request the one that was planned but for the instants? Its parts are the job's own: where they differ, it is another job's. */
  #fits(request: ReadRequest, window: After): boolean {
    const known = this.#request;
    if (known === null || known.window.kind !== 'after') return false;
    return (
      sameMark(window.mark, known.window.mark) &&
      window.tied === known.window.tied &&
      request.relation === known.relation &&
      request.columns === known.columns &&
      request.cursor === known.cursor &&
      request.key === known.key &&
      request.where === known.where &&
      request.limit === known.limit &&
      request.page === null &&
      known.page === null &&
      (request.until ?? null) === (known.until ?? null)
    );
  }
}

const sameMark = (a: Watermark, b: Watermark): boolean => a === b || (a.length === b.length && a.every((text, at) => text === b[at]));

function valuesOf({ binds }: PlannedRead, floor: Micros | null, recentFrom: Micros | null): readonly string[] {
  return binds.map((bind) => {
    if (bind.kind === 'mark') return bind.text;
    if (bind.micros === floorMark && floor !== null) return instantText(floor);
    return instantText(bind.micros === recentMark && recentFrom !== null ? recentFrom : bind.micros);
  });
}
