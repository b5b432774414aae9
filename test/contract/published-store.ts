import { describe, expect } from 'vitest';
import type { LogSegment, PublishedHead } from '../../src/model/published.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { stateOf } from '../state/samples.ts';
import { failure, fenceOf, type StatePlace } from './state-store.ts';

type Promised = (
  name: string,
  body: (with_: { readonly place: StatePlace; readonly store: StateStore }) => Promise<void>,
  skippable?: 'damage',
) => void;

const segment = (seq: number, entries = 2): Omit<LogSegment, 'sure'> => ({
  seq,
  entries,
  // Every byte there is, so that none is taken for text.
  data: Buffer.from(Array.from({ length: 256 + seq }, (_, at) => (at + seq) % 256)),
});

const head: PublishedHead = {
  sink: 'kafka',
  topic: 'shop.orders',
  begun: 1_795_262_000_000,
  seed: '0123456789abcdef',
  adopted: true,
  told: 7,
  last: { startedAt: 1, endedAt: 1000, ms: 900, rows: 17, keys: 12, published: 3, tombstones: 2, bytes: 4096 },
};

/** What every state store must do with what jobs have published. */
export function publishedContract(promise: Promised): void {
  describe('what was published', () => {
    promise('is nothing before anything was remembered', async ({ store: { published } }) => {
      expect(await published.head('orders')).toBeNull();
      expect(await published.size('orders')).toEqual({ segments: 0, logged: 0, entries: 0, bytes: 0, last: 0, buckets: [] });
      expect(await published.log('orders', 0, 100, 10)).toEqual([]);
      expect(await published.bucket('orders', 1)).toBeNull();
    });

    promise('is given back byte for byte and in order, in pages, and sure once it is said to be', async ({ store }) => {
      const { published } = store;
      const fence = await fenceOf(store, 'orders');
      expect(await published.append('orders', [segment(1), segment(2)], [], fence)).toBe('committed');
      expect(await published.append('orders', [segment(10, 5)], [1], fence)).toBe('committed');
      await published.append('other', [segment(3)], [], await fenceOf(store, 'other'));
      expect(await published.log('orders', 0, 100, 2)).toEqual([
        { ...segment(1), sure: true },
        { ...segment(2), sure: false },
      ]);
      expect(await published.log('orders', 2, 100, 2)).toEqual([{ ...segment(10, 5), sure: false }]);
      expect(await published.log('orders', 0, 2, 9)).toHaveLength(2);
      expect(await published.size('orders')).toEqual({
        segments: 3,
        logged: 9,
        entries: 0,
        bytes: 257 + 258 + 266,
        last: 10,
        buckets: [],
      });
    });

    promise('lies in buckets in place of a part of the log', async ({ store }) => {
      const { published } = store;
      const fence = await fenceOf(store, 'orders');
      await published.append('orders', [segment(1), segment(2), segment(3)], [1, 2], fence);
      const piece = (at: number) => ({ entries: at, data: segment(at).data });
      await published.replace('orders', 1, [{ bucket: 1, upto: 1, pieces: [piece(1)] }], fence);
      const two = { bucket: 2, upto: 2, pieces: [piece(4), piece(5)] };
      const three = { bucket: 3, upto: 2, pieces: [piece(0)] };
      expect(await published.replace('orders', 1, [two, three], fence)).toBe('committed');
      expect(await published.dropLog('orders', 2, fence)).toBe('committed');
      expect(await published.bucket('orders', 1)).toBeNull();
      expect(await published.bucket('orders', 2)).toEqual({ ...two, sure: true });
      expect(await published.log('orders', 0, 100, 9)).toEqual([{ ...segment(3), sure: false }]);
      expect(await published.size('orders')).toMatchObject({ segments: 1, logged: 2, entries: 9, last: 3, buckets: [2, 3] });
      await published.dropLog('orders', 3, fence);
      expect((await published.size('orders')).last).toBe(2);
    });

    promise('is known by its keys and no longer sure after a reset', async ({ store }) => {
      const { published } = store;
      const fence = await fenceOf(store, 'orders');
      await store.commit('orders', stateOf(), fence);
      await published.append('orders', [segment(1)], [], fence);
      await published.append('orders', [segment(2)], [1], fence);
      await published.replace('orders', 1, [{ bucket: 1, upto: 0, pieces: [{ entries: 1, data: segment(9).data }] }], fence);
      await store.reset('orders', fence);
      expect((await published.log('orders', 0, 9, 9)).map(({ seq, sure }) => [seq, sure])).toEqual([
        [1, false],
        [2, false],
      ]);
      expect(await published.bucket('orders', 1)).toMatchObject({ sure: false });
    });

    promise('keeps its head, which list tells the last reconcile of', async ({ store }) => {
      const { published } = store;
      const fence = await fenceOf(store, 'orders');
      await published.saveHead('orders', { ...head, last: null }, fence);
      expect((await store.list())[0]?.reconciled).toBeNull();
      await published.saveHead('orders', head, fence);
      expect(await published.head('orders')).toEqual(head);
      expect((await store.list())[0]).toMatchObject({ reconciled: head.last, publishedTotal: head.told });
      await published.append('orders', [segment(1)], [], fence);
      await published.clear('orders', fence);
      expect(await published.head('orders')).toBeNull();
      expect((await published.size('orders')).last).toBe(0);
    });

    promise('is taken out whole and written elsewhere', async ({ store }) => {
      const { published } = store;
      const fence = await fenceOf(store, 'orders');
      await published.saveHead('orders', head, fence);
      const many = Array.from({ length: 230 }, (_, at) => segment(at + 1));
      await published.append('orders', many, [7, 8], fence);
      await published.replace('orders', 2, [{ bucket: 2, upto: 3, pieces: [{ entries: 1, data: segment(9).data }] }], fence);
      const dump = await published.dump('orders');
      expect(dump).toMatchObject({ head, buckets: [{ bucket: 2, upto: 3, sure: true }] });
      expect(dump.log.filter(({ sure }) => sure).map(({ seq }) => seq)).toEqual([7, 8]);
      expect(dump.log).toHaveLength(230);
      const other = await fenceOf(store, 'copy');
      await published.append('copy', [segment(999)], [], other);
      expect(await published.restore('copy', dump, other)).toBe('committed');
      expect(await published.dump('copy')).toEqual(dump);
    });

    promise('is changed by none whose lease was taken', async ({ store }) => {
      const { published } = store;
      const old = await fenceOf(store, 'orders');
      await published.append('orders', [segment(1)], [], old);
      const before = await published.dump('orders');
      await fenceOf(store, 'orders');
      const tries = [
        published.append('orders', [segment(2)], [1], old),
        published.saveHead('orders', head, old),
        published.dropLog('orders', 9, old),
        published.replace('orders', 1, [], old),
        published.clear('orders', old),
        published.restore('orders', { head: null, log: [], buckets: [] }, old),
      ];
      expect(await Promise.all(tries)).toEqual(tries.map(() => 'fenced'));
      expect(await published.dump('orders')).toEqual(before);
    });

    promise(
      'is refused where it is damaged, and names the job',
      async ({ place, store }) => {
        const { published } = store;
        const fence = await fenceOf(store, 'orders');
        await published.saveHead('orders', head, fence);
        await published.append('orders', [segment(1)], [1], fence);
        await place.run(`update liberate_published set data_sum = '0123456789abcdef'`);
        await place.run(`update liberate_published_head set state = replace(state, '4096', '4097')`);
        for (const attempt of [published.log('orders', 0, 9, 9), published.head('orders'), store.list()]) {
          expect(await failure(attempt)).toMatchObject({ code: 'LIB402' });
        }
      },
      'damage',
    );
  });
}
