import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const patched = Symbol.for('liberate.kafkajs.timers');

/**
 * Stops the busy loop of idle connections: kafkajs 2.2.4 ends each check of a connection's queue by
 * scheduling the next one, with a delay below zero when nothing throttles it, so every open
 * connection wakes about once a millisecond for ever (tulios/kafkajs#1751). With an empty queue
 * there is nothing to check: a request that has to wait, also for a throttle, calls the method
 * itself when it is queued. The class is not exported, hence the path; 2.2.4 is pinned.
 */
export function quietIdleConnections(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    readonly prototype: RequestQueue & { [patched]?: true };
  };
  if (prototype[patched]) return;
  prototype[patched] = true;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function whenSomethingWaits(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
