import { LiberateError } from '../../src/kit/errors.ts';
import type { Action, Poll } from './model-steps.ts';

/** One run of the engine: what comes between its calls, and its end. */
export class Life {
  readonly #step: Poll;
  readonly #apply: (action: Action) => Promise<void>;
  readonly #trace: string[];
  #calls = 0;
  /** Two sends are under way at once; the sessions do one thing after the other. */
  #turn: Promise<void> = Promise.resolve();
  #durable = 0;
  gone = false;
  /** Calls that have failed. */
  faults = 0;

  constructor(step: Poll, apply: (action: Action) => Promise<void>, trace: string[]) {
    this.#step = step;
    this.#apply = apply;
    this.#trace = trace;
  }

  async call(what: string): Promise<void> {
    if (this.gone) throw this.#fault('is gone');
    const actions = this.#step.between[this.#calls] ?? [];
    this.#calls += 1;
    // In the order of the calls also where nothing comes before one of them: no sink lets a batch overtake another.
    this.#turn = this.#turn.then(async () => {
      if (actions.length > 0) this.#trace.push(`  before ${what}:`);
      for (const action of actions) await this.#apply(action);
    });
    await this.#turn;
  }

  /** `work`: with true, only a part of it. */
  async durable(what: string, work: (part: boolean) => Promise<void>): Promise<void> {
    await this.call(what);
    // Another call may have been the last one meanwhile.
    if (this.gone) throw this.#fault('is gone');
    const at = this.#durable;
    this.#durable += 1;
    const { crash } = this.#step;
    if (crash === null || at !== crash.at) {
      this.#trace.push(`  ${what}`);
      return work(false);
    }
    this.gone = crash.how !== 'fault';
    this.#trace.push(`  ${what}: ${crash.how}`);
    if (crash.how === 'after' || crash.how === 'part') await work(crash.how === 'part');
    throw this.#fault(`fails at ${what}`);
  }

  /** Its methods of these names are durable calls; the others are none. */
  guard<T extends object>(target: T, names: readonly (keyof T)[]): T {
    return new Proxy(target, {
      get: (_, name) => {
        const own: unknown = Reflect.get(target, name, target);
        if (typeof own !== 'function') return own;
        if (!names.includes(name as keyof T)) return own.bind(target);
        return async (...args: unknown[]) => {
          let outcome: unknown;
          await this.durable(String(name), async () => {
            outcome = await own.apply(target, args);
          });
          return outcome;
        };
      },
    });
  }

  #fault(what: string): LiberateError {
    this.faults += 1;
    return new LiberateError('LIB305', `the process ${what}, as it was told to`);
  }
}
