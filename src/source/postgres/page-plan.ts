import type { Column } from '../../model/column.ts';
import type { Micros, Watermark } from '../../model/watermark.ts';
import type { Flavour } from '../../query/flavour.ts';
import { type PlannedRead, planRead } from '../../query/plan.ts';
import type { ReadRequest, Window } from '../../query/request.ts';
import { onePast } from '../batches.ts';
import { bindText, instantText, xidText } from './flavour.ts';

type After = Extract<Window, { readonly kind: 'after' }>;

/** Stand for the two instants of a look-back while it is planned: no clock shows them. */
const floorMark = -1n;
const recentMark = -2n;

/** A page's statement, planned. */
export interface PagePlan {
  readonly plan: PlannedRead;
  readonly values: readonly string[];
}

/** Instants as text: the jobs of one look at the server all have the same two, from this poll and the one before. */
export class InstantTexts {
  #texts = new Map<Micros, string>();

  of(micros: Micros): string {
    const known = this.#texts.get(micros);
    if (known !== undefined) return known;
    if (this.#texts.size >= 16) this.#texts = new Map();
    const text = instantText(micros);
    this.#texts.set(micros, text);
    return text;
  }
}

/**
 * The statement of one job's small pages: planned anew only when more changes than what each poll moves, the instants of its
 * look-back and the number of the oldest transaction whose rows it has not met.
 */
export class PagePlans {
  readonly #instants: InstantTexts;
  #request: ReadRequest | null = null;
  #flavour: Flavour | null = null;
  #plan: PlannedRead | null = null;

  constructor(instants: InstantTexts) {
    this.#instants = instants;
  }

  planned(flavour: Flavour, request: ReadRequest): PagePlan {
    const { window } = request;
    if (window.kind !== 'after' || (request.below ?? null) !== null) {
      const plan = planRead(flavour, onePast(request));
      return { plan, values: plan.binds.map(bindText) };
    }
    if (this.#plan === null || flavour !== this.#flavour || !this.#fits(request, window)) {
      this.#plan = planRead(flavour, onePast(standingIn(request, window)));
      this.#request = request;
      this.#flavour = flavour;
    }
    return { plan: this.#plan, values: valuesOf(this.#plan, window, request.recentFrom, this.#instants) };
  }

  /** Is the request the one that was planned but for these? Its parts are the job's own: where they differ, it is another job's. */
  #fits(request: ReadRequest, window: After): boolean {
    const known = this.#request;
    if (known === null || known.window.kind !== 'after') return false;
    return (
      sameMark(window.mark, known.window.mark) &&
      window.tied === known.window.tied &&
      (window.floor === null) === (known.window.floor === null) &&
      (request.recentFrom === null) === (known.recentFrom === null) &&
      window.fresh?.table === known.window.fresh?.table &&
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

const standingIn = (request: ReadRequest, window: After): ReadRequest => ({
  ...request,
  window: { ...window, floor: window.floor === null ? null : floorMark },
  recentFrom: request.recentFrom === null ? null : recentMark,
});

function valuesOf(
  { binds }: PlannedRead,
  { floor, fresh = null }: After,
  recentFrom: Micros | null,
  instants: InstantTexts,
): readonly string[] {
  return binds.map((bind) => {
    if (bind.kind === 'mark') return fresh !== null && isXmin(bind.column) ? xidText(fresh.below) : bind.text;
    if (bind.micros === floorMark && floor !== null) return instants.of(floor);
    return instants.of(bind.micros === recentMark && recentFrom !== null ? recentFrom : bind.micros);
  });
}

/** No column of a table's own can have that name. */
const isXmin = ({ name, native }: Pick<Column, 'name' | 'native'>): boolean => name === 'xmin' && native === 'xid';
