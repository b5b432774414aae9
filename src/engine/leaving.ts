import { lingeringSignal } from '../kit/abort.ts';
import type { Outbox } from './outbox.ts';
import type { Books } from './publisher.ts';

/** Milliseconds that a batch on its way has to be acknowledged once a stop is asked for. */
const sendGrace = 3000;

/** A batch on its way when the stop comes is waited for a while: its outcome would be unknown otherwise. */
export const sendingSignal = (signal: AbortSignal): ReturnType<typeof lingeringSignal> => lingeringSignal(signal, sendGrace);

/** How events leave an outbox: never before the books that tell of them are ready. */
export interface Leaving {
  /**
   * What is full leaves, unless it waits for more to be told of together, which with `now` it does not; resolves when
   * there is room for more. What waits for its batch to fill does not leave: the books are written once a batch.
   */
  ready(now?: boolean): Promise<void>;
  /** Everything is acknowledged. */
  drain(): Promise<void>;
  /** Nothing of it is on its way any more. */
  settle(): Promise<void>;
}

export function leaving<Mark>(outbox: Outbox<Mark>, books: Books, sending: Disposable): Leaving {
  return {
    ready: async (now = false) => {
      if (outbox.waiting === 0 || (!now && outbox.waiting < (books.together ?? 1))) return;
      await books.ready();
      await outbox.ready();
    },
    drain: async () => {
      await books.ready();
      await outbox.drain();
    },
    settle: async () => {
      await outbox.settle();
      sending[Symbol.dispose]();
      // What is not written as acknowledged counts as unknown, which only means repeats.
      await books.settled?.().catch(() => undefined);
    },
  };
}
