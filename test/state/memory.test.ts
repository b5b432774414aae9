import { expect } from 'vitest';
import { openMemoryState } from '../../src/state/memory/store.ts';
import { stateContract } from '../contract/state-store.ts';

const noPlace = 'nothing outlives the process or can be reached from outside';

stateContract({
  kind: 'memory',
  create: async () => {
    const store = openMemoryState();
    return {
      // One process, one memory: further stores on the same place are the same store.
      store: () => store,
      run: async () => expect.fail(noPlace),
      rows: async () => expect.fail(noPlace),
      [Symbol.asyncDispose]: async () => {},
    };
  },
  skips: { damage: noPlace, schema: noPlace },
});
