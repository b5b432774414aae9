import { describe, expect } from 'vitest';
import type { AskedBackfill, BackfillAnswer } from '../../src/model/backfill.ts';
import type { Renewal, StateStore } from '../../src/state/state-store.ts';
import { backfillOf, plainly } from '../state/samples.ts';
import { waitFor } from '../support/wait-for.ts';
import { failure, fenceOf, type StatePlace } from './state-store.ts';

const asked = (by: string): AskedBackfill => ({ by, parallel: 2, backfill: backfillOf() });

const answer: BackfillAnswer = {
  runner: 'runner',
  published: 5000,
  deadLetters: 1,
  bytes: 70_000,
  chunks: [{ chunk: 1, range: `it's "so" \\ ? … 5000`, published: 5000, ms: 12 }],
  end: null,
};
const failed: BackfillAnswer = { ...answer, end: { code: 'LIB203', message: 'it is not there', cure: 'Make it.', column: null } };

type Body = (with_: { readonly place: StatePlace; readonly store: StateStore }) => Promise<void>;

/** What every state store must do for a command and the runner that it asks. */
export function requestContract(promise: (name: string, body: Body, skippable?: 'damage') => void): void {
  describe('requests', () => {
    promise('are found by the runner and answered to the asker, exactly', async ({ store }) => {
      const fence = await fenceOf(store, 'orders');
      expect(await store.requests.find('orders')).toBeNull();
      expect(await store.requests.ask('orders', asked('a'), 60_000)).toBe(true);
      expect(await store.requests.find('orders')).toEqual(asked('a'));
      expect(await store.requests.find('Orders')).toBeNull();
      expect(await store.requests.hear('orders', 'a', 60_000)).toBeNull();
      expect(await store.requests.answer('orders', 'a', answer, fence)).toBe('heard');
      expect(await store.requests.hear('orders', 'a', 60_000)).toEqual(answer);
      expect(await store.requests.answer('orders', 'a', failed, fence)).toBe('heard');
      expect(await store.requests.hear('orders', 'a', 60_000)).toEqual(failed);
      // Not once more, though its asker has not heard of its end yet.
      expect(await store.requests.find('orders')).toBeNull();
    });

    promise('are told with the renewal of the lease that they are about, and of no other', async ({ store }) => {
      const orders = await fenceOf(store, 'orders');
      const payments = await fenceOf(store, 'payments');
      await store.requests.ask('orders', asked('a'), 60_000);
      const renewed = (): Promise<readonly Renewal[]> =>
        Promise.all([store.renew('orders', orders, 60_000), store.renew('payments', payments, 60_000)]);
      expect(await renewed()).toEqual([{ asked: true, wanted: false }, plainly]);
      expect(await store.renew('orders', orders + 1n, 60_000)).toBe('lost');
      await store.requests.withdraw('orders', 'a');
      expect(await renewed()).toEqual([plainly, plainly]);
    });

    promise('of one asker stand at a time, and a new one has no answer', async ({ store }) => {
      const fence = await fenceOf(store, 'orders');
      expect(await Promise.all(['a', 'b'].map((by) => store.requests.ask('orders', asked(by), 60_000)))).toContain(false);
      const by = (await store.requests.find('orders'))?.by as string;
      await store.requests.answer('orders', by, answer, fence);
      await store.requests.withdraw('orders', by === 'a' ? 'b' : 'a');
      expect(await store.requests.hear('orders', by, 60_000)).toEqual(answer);
      expect(await store.requests.ask('orders', asked(by), 60_000)).toBe(true);
      expect(await store.requests.hear('orders', by, 60_000)).toBeNull();
    });

    promise('that are withdrawn stand no more: they are not found, heard or answered', async ({ store }) => {
      const fence = await fenceOf(store, 'orders');
      await store.requests.ask('orders', asked('a'), 60_000);
      await store.requests.withdraw('orders', 'a');
      expect(await store.requests.find('orders')).toBeNull();
      expect(await store.requests.hear('orders', 'a', 60_000)).toBe('gone');
      expect(await store.requests.answer('orders', 'a', answer, fence)).toBe('gone');
      expect(await store.requests.ask('orders', asked('b'), 60_000)).toBe(true);
      expect(await store.requests.answer('orders', 'a', answer, fence)).toBe('gone');
      expect(await store.requests.hear('orders', 'b', 60_000)).toBeNull();
    });

    promise('of an asker that died end by themselves, and hearing keeps them up', async ({ store }) => {
      await store.requests.ask('orders', asked('a'), 1);
      await waitFor(async () => (await store.requests.find('orders')) === null);
      expect(await store.requests.hear('orders', 'a', 60_000)).toBe('gone');
      expect(await store.requests.ask('orders', asked('b'), 5000)).toBe(true);
      expect(await store.requests.hear('orders', 'b', 60_000)).toBeNull();
      expect(await store.requests.ask('orders', asked('a'), 60_000)).toBe(false);
    });

    promise('are not answered by one whose lease was taken', async ({ store }) => {
      const old = await fenceOf(store, 'orders');
      await fenceOf(store, 'orders');
      await store.requests.ask('orders', asked('a'), 60_000);
      expect(await store.requests.answer('orders', 'a', answer, old)).toBe('fenced');
      expect(await store.requests.hear('orders', 'a', 60_000)).toBeNull();
    });

    promise(
      'that are damaged are refused, and the job is named',
      async ({ place, store }) => {
        await store.requests.ask('orders', asked('a'), 60_000);
        await place.run(`update liberate_request set state = replace(state, '5000', '5001')`);
        expect(await failure(store.requests.find('orders'))).toMatchObject({ code: 'LIB402', place: { job: 'orders' } });
      },
      'damage',
    );
  });
}
