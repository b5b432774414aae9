import { backfill, LiberateError, type LiberateEvent, run } from 'liberate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPlace, orders, type Place, payments, smallShop } from '../cli/place.ts';

describe('the package, imported by its name', () => {
  let place: Place;
  beforeEach(async () => {
    place = await openPlace(smallShop);
  });
  afterEach(() => place[Symbol.asyncDispose]());

  const jobs = (more: object = {}): object => ({
    source: 'sqlite:shop.db',
    sink: 'ndjson:out',
    state: 'sqlite:state.db',
    jobs: { orders, payments },
    ...more,
  });
  const published = (events: readonly LiberateEvent[]): readonly unknown[] =>
    events.flatMap((event) => (event.type === 'cycle.end' ? [`${event.report.job} ${event.report.published}`] : [])).sort();

  test('runs the jobs of a file once and tells an observer', async () => {
    const events: LiberateEvent[] = [];
    const { failures } = await run({ jobs: place.jobs({ orders, payments }), once: true, observer: (event) => events.push(event) });
    expect(failures.size).toBe(0);
    expect(published(events)).toEqual(['orders 4', 'payments 3']);
    expect(events.find(({ type }) => type === 'job.start')).toMatchObject({
      topic: expect.any(String),
      guarantee: expect.any(String),
      method: expect.any(String),
    });
    expect(place.events('orders')).toHaveLength(4);
  });

  test('takes the jobs as an object, with a folder and variables of its own', async () => {
    const options = {
      jobs: jobs({ sink: 'ndjson:${OUT}' }),
      directory: place.directory,
      env: { OUT: 'out' },
      only: ['orders'],
      once: true,
    } as const;
    await run(options);
    expect([place.events('orders').length, place.events('payments').length]).toEqual([4, 0]);
    const events: LiberateEvent[] = [];
    await run({ ...options, observer: (event) => events.push(event) });
    expect(published(events)).toEqual(['orders 0']);
  });

  test('polls until its signal aborts, also with an observer that throws', async () => {
    const stop = new AbortController();
    const running = run({
      jobs: jobs({ defaults: { every: '10ms' } }),
      directory: place.directory,
      signal: stop.signal,
      observer: (event) => {
        if (event.type === 'cycle.end' && place.events('orders').length === 4 && place.events('payments').length === 3) stop.abort();
        throw new Error('a broken observer');
      },
    });
    expect((await running).failures.size).toBe(0);
    expect(place.events('orders')).toHaveLength(4);
  });

  test('backfills a range and leaves the mark', async () => {
    const options = { jobs: jobs(), directory: place.directory, only: ['orders'] } as const;
    const reports = await backfill({ ...options, from: '2026-01-02', to: '2026-01-03' });
    expect(reports).toEqual([expect.objectContaining({ job: 'orders', published: 1 })]);
    expect(place.events('orders').map(({ key }) => key)).toEqual([{ id: 2 }]);
    const events: LiberateEvent[] = [];
    await run({ ...options, once: true, observer: (event) => events.push(event) });
    expect(published(events)).toEqual(['orders 4']);
  });

  test('gives the failure of each job, and goes on with the others', async () => {
    const { failures } = await run({ jobs: jobs({ jobs: { gone: { table: 'gone' }, orders } }), directory: place.directory, once: true });
    expect([...failures].map(([job, { code }]) => [job, code])).toEqual([['gone', 'LIB203']]);
    expect(place.events('orders')).toHaveLength(4);
  });

  test('refuses wrong jobs with every mistake in one error', async () => {
    const wrong = run({ jobs: { sink: 'stdout', jobs: { a: { tabel: 'a' } } }, once: true });
    await expect(wrong).rejects.toBeInstanceOf(LiberateError);
    await expect(wrong).rejects.toThrow(/tabel.*source/s);
  });
});
