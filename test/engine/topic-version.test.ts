import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { namedTarget, resolveTarget } from '../../src/engine/resolve.ts';
import { runJobs } from '../../src/engine/run.ts';
import { inItsVersion } from '../../src/engine/topic-version.ts';
import type { Shape } from '../../src/model/column.ts';
import type { Job } from '../../src/model/job.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import type { SchemaRegistry } from '../../src/registry/schema-registry.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { column } from '../schema/column.ts';
import { job, shape } from './job.ts';
import { batchOf, scripted } from './scripted.ts';

const never = new AbortController().signal;
const once = { once: true, waitForLease: true };
const topic = 'shop.public.orders';
const ids = [1, 2, 3, 4, 5];

/** `paid` becomes a text: nobody who reads numbers reads that. */
const broken = (name = 'paid'): Partial<Shape> => ({
  columns: shape().columns.map((one) => (one.name === name ? column(name, 'text', 'text', false) : one)),
});

/** The rows of a table whose shape the test changes; a read goes on behind the mark. */
async function open() {
  let now: Shape = { ...shape(), version: '1' };
  let changes = 1;
  const behind = ({ window, page }: ReadRequest): number => Number(page?.[1] ?? (window.kind === 'after' ? window.mark[1] : 0) ?? 0);
  const { engine, events, sink } = await scripted(
    async function* (request) {
      const left = ids.filter((id) => id > behind(request));
      if (left.length > 0) yield batchOf(...left);
    },
    { source: { describe: async () => now } },
  );
  const run = async (some: Partial<Job> = {}, own: Engine = engine): Promise<string | null> => {
    const wanted = job({ onSchemaChange: 'newTopic', retries: 0, ...some });
    return (await runJobs(own, [wanted], once, never)).failures.get('orders')?.code ?? null;
  };
  const keysOf = (name: string): readonly string[] => [...new Set(sink.records(name).map(({ key }) => String(key)))];
  return {
    engine,
    events,
    sink,
    run,
    keysOf,
    becomes: (some: Partial<Shape>): void => {
      changes += 1;
      now = { ...shape(some), version: String(changes) };
    },
    state: () => engine.store.load('orders'),
    history: async (name: string) => (await sink.schemas?.history(name, never))?.length,
  };
}

const all = ids.map((id) => `{"id":${id}}`);

/** An engine that ends, as by a kill, before the call with that number of those that leave something behind. */
function dyingAt(engine: Engine, at: number): { readonly engine: Engine; died(): boolean } {
  let calls = 0;
  const counted =
    <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      calls += 1;
      if (calls >= at) throw new Error('killed');
      return work(...args);
    };
  const { store } = engine;
  const dying = { ...store, commit: counted(store.commit.bind(store)) };
  const own = new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return dying.commit;
      const found: unknown = Reflect.get(target, name, target);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  const sinkOf = (one: Job): Sink => {
    const sink = engine.sink(one);
    const schemas = sink.schemas === null ? null : { ...sink.schemas, keep: counted(sink.schemas.keep) };
    return { ...sink, schemas, prepare: counted(sink.prepare), send: counted(sink.send) };
  };
  return { engine: { ...engine, store: own, sink: sinkOf }, died: () => calls >= at };
}

describe('a change that breaks consumers, of a job with onSchemaChange: newTopic', () => {
  it('is gone on with in the next version of the topic, loaded afresh, and the old one stays as it is', async () => {
    const { run, becomes, keysOf, sink, state, events, history } = await open();
    expect(await run()).toBeNull();
    const before = sink.records(topic).length;
    becomes(broken());
    expect(await run()).toBeNull();
    expect(sink.records(topic)).toHaveLength(before);
    expect(keysOf(`${topic}.v2`)).toEqual(all);
    expect(await state()).toMatchObject({ topicVersion: 2, loaded: true });
    expect([await history(topic), await history(`${topic}.v2`)]).toEqual([1, 1]);
    const warning = events.find((event) => event.type === 'job.warning');
    expect(warning).toMatchObject({ message: expect.stringMatching(/"paid" was .*goes on in shop\.public\.orders\.v2.*stays as it is/) });
    expect(events.findLast((event) => event.type === 'job.start')).toMatchObject({ topic: `${topic}.v2` });
  });

  it('is remembered: the next run goes on there, quietly, whatever the file says by then; and the next break is version 3', async () => {
    const { run, becomes, keysOf, sink, state } = await open();
    await run();
    becomes(broken());
    await run();
    const sent = sink.records(`${topic}.v2`).length;
    expect(await run()).toBeNull();
    expect(await run({ onSchemaChange: 'stop' })).toBeNull();
    expect(sink.records(`${topic}.v2`)).toHaveLength(sent);
    becomes({});
    expect(await run({ onSchemaChange: 'stop' })).toBe('LIB701');
    expect(await run()).toBeNull();
    expect(keysOf(`${topic}.v3`)).toEqual(all);
    expect(await state()).toMatchObject({ topicVersion: 3 });
  });

  it('is found again when the state was reset: the job goes on in the version whose consumers read its events', async () => {
    const { engine, run, becomes, state, history } = await open();
    await run();
    becomes(broken());
    await run();
    const acquired = await engine.store.acquire('orders', 'reset', 60_000);
    if (!acquired.ok) throw new Error('the lease is held');
    await engine.store.reset('orders', acquired.fence);
    await engine.store.release('orders', acquired.fence);
    expect(await run()).toBeNull();
    expect(await state()).toMatchObject({ topicVersion: 2 });
    expect([await history(`${topic}.v2`), await history(`${topic}.v3`)]).toEqual([1, 0]);
  });

  it('comes to the same wherever it is killed: nothing of the new shape in the old topic, all of it in the new one', async () => {
    let points = 0;
    for (let at = 1, died = true; died; at += 1) {
      const { engine, run, becomes, keysOf, sink, state, history } = await open();
      await run();
      const before = sink.records(topic).length;
      becomes(broken());
      const dying = dyingAt(engine, at);
      await run({}, dying.engine);
      died = dying.died();
      expect(await run(), `killed at ${at}`).toBeNull();
      expect(sink.records(topic)).toHaveLength(before);
      expect(keysOf(`${topic}.v2`)).toEqual(all);
      expect(await state()).toMatchObject({ topicVersion: 2, loaded: true });
      expect([await history(topic), await history(`${topic}.v2`), await history(`${topic}.v3`)]).toEqual([1, 1, 0]);
      points += 1;
    }
    expect(points).toBeGreaterThan(5);
  });

  it('begins the memory of what was published anew, so that a reconcile buries nothing of the old topic', async () => {
    const { run, becomes, sink, engine } = await open();
    await run({ reconcile: 60_000 });
    becomes(broken());
    await run({ reconcile: 60_000 });
    expect(await engine.store.published.head('orders')).toMatchObject({ topic: `${topic}.v2`, adopted: false });
    expect(sink.records(`${topic}.v2`).filter(({ value }) => value === null)).toEqual([]);
  });

  it('is a key that changed, too, which otherwise stops the job as a mark that means nothing any more', async () => {
    const { run, becomes, state } = await open();
    await run();
    becomes({ primaryKey: ['id', 'paid'] });
    expect(await run({ onSchemaChange: 'stop' })).toBe('LIB501');
    expect(await run()).toBeNull();
    expect(await state()).toMatchObject({ topicVersion: 2, definition: { key: ['id', 'paid'] } });
  });

  it('is none where the file asks for another cursor: the mark means nothing, and the consumers are well', async () => {
    const { run } = await open();
    await run();
    expect(await run({ cursor: ['id'] })).toBe('LIB501');
  });

  it('is none where the job breaks nobody, or promises nothing', async () => {
    const { run, becomes, state } = await open();
    await run();
    becomes({ columns: [...shape().columns, column('note', 'text', 'text', true)] });
    expect(await run()).toBeNull();
    becomes(broken());
    expect(await run({ compatibility: 'none' })).toBeNull();
    expect((await state())?.topicVersion).toBeUndefined();
  });

  it('is no cure where the registry has something against every version', async () => {
    const { engine, run, state, sink } = await open();
    const refusing: SchemaRegistry = {
      place: 'registry',
      identity: 'registry',
      registers: true,
      subject: ({ topic: of }) => of,
      find: async () => null,
      check: async () => ({ breaks: ['no'], rule: null }),
      register: async () => expect.unreachable(),
    };
    expect(await run({ format: 'avro' }, { ...engine, registry: () => refusing })).toBe('LIB701');
    expect(await state()).toBeNull();
    expect(sink.records(`${topic}.v2`)).toEqual([]);
  });

  it('is known to whatever else publishes to the topic or reads it', async () => {
    const { engine, run, becomes } = await open();
    await run();
    becomes(broken());
    await run();
    const own = job({ onSchemaChange: 'newTopic' });
    const { source } = engine.source(own);
    const facts = await source.check(never);
    const plan = await resolveTarget(own, namedTarget(own) as NonNullable<ReturnType<typeof namedTarget>>, source, facts, null, never);
    expect(plan.topic.name).toBe(topic);
    expect((await inItsVersion(plan, engine.store)).topic.name).toBe(`${topic}.v2`);
  });
});
