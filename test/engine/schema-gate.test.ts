import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { runJobs } from '../../src/engine/run.ts';
import type { Column, Shape } from '../../src/model/column.ts';
import type { Job } from '../../src/model/job.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import type { SchemaKeeper } from '../../src/sink/schema-keeper.ts';
import { column } from '../schema/column.ts';
import { job, shape } from './job.ts';
import { batchOf, scripted } from './scripted.ts';

const never = new AbortController().signal;
const topic = 'shop.public.orders';
const note = column('note', 'text', 'text', true);

/** One stream, whose table changes as the test says; what is asked of its keeper is counted. */
async function open() {
  let now: Shape = shape();
  let published = 0;
  const { engine, events, sink } = await scripted(
    async function* () {
      published += 1;
      yield batchOf(published);
    },
    { source: { describe: async () => now } },
  );
  const keeper = sink.schemas as SchemaKeeper;
  const asked = { history: 0, keep: 0 };
  const counting: SchemaKeeper = {
    place: keeper.place,
    history: (...args) => {
      asked.history += 1;
      return keeper.history(...args);
    },
    keep: (...args) => {
      asked.keep += 1;
      return keeper.keep(...args);
    },
  };
  const counted: Engine = { ...engine, sink: () => ({ ...sink, schemas: counting }) };
  return {
    events,
    asked,
    becomes: (some: Partial<Shape>): void => {
      now = shape(some);
    },
    run: async (some: Partial<Job> = {}): Promise<string | null> => {
      const own = job({ topic: '{source}.{schema}.{table}', ...some });
      const { failures } = await runJobs(counted, [own], { once: true, waitForLease: true }, never);
      return failures.get('orders')?.code ?? null;
    },
    sent: () => sink.records(topic).length,
    history: () => keeper.history(topic, never),
    state: () => engine.store.load('orders'),
  };
}

const withNote = (...more: readonly Column[]): Partial<Shape> => ({ columns: [...shape().columns, note, ...more] });

describe('the schema of a stream', () => {
  it('is kept before its first row, and asked for no more while it stays', async () => {
    const { run, history, asked, sent, state } = await open();
    expect(await run()).toBeNull();
    expect(await history()).toMatchObject([{ version: 1, format: 'json', model: { name: topic } }]);
    expect(asked).toEqual({ history: 1, keep: 1 });
    const first = await state();
    expect(await run()).toBeNull();
    expect(asked).toEqual({ history: 1, keep: 1 });
    expect((await state())?.schema).toBe(first?.schema);
    expect(sent()).toBe(2);
  });

  it('becomes the next version where its consumers can go on', async () => {
    const { run, becomes, history, events, state } = await open();
    await run();
    const before = (await state())?.schema;
    becomes(withNote());
    expect(await run()).toBeNull();
    expect((await history()).map(({ version }) => version)).toEqual([1, 2]);
    expect((await state())?.schema).not.toBe(before);
    expect(events).toContainEqual(expect.objectContaining({ type: 'job.notice', message: expect.stringContaining('version 2') }));
  });

  it('lets no row out where it breaks them, and says which column and what it was', async () => {
    const { run, becomes, history, sent, events, state } = await open();
    becomes(withNote());
    await run();
    const before = [sent(), await history(), await state()];
    becomes({ columns: [...shape().columns.filter(({ name }) => name !== 'paid'), column('paid', 'text', 'text', false), note] });
    expect(await run()).toBe('LIB701');
    expect([sent(), await history(), await state()]).toEqual(before);
    const failed = events.findLast(({ type }) => type === 'cycle.end');
    expect(failed).toMatchObject({ report: { outcome: 'failed', published: 0, code: 'LIB701' } });
    expect(JSON.stringify(failed)).toMatch(/paid.* was .*is text NOT NULL/);
  });

  it('is judged against what was kept, whatever a state says that was reset', async () => {
    const { run, becomes, history } = await open();
    await run();
    becomes({ columns: shape().columns.map((one) => (one.name === 'paid' ? column('paid', 'boolean', 'boolean') : one)) });
    expect(await run()).toBe('LIB701');
    expect(await run({ compatibility: 'none' })).toBeNull();
    expect(await history()).toHaveLength(2);
  });

  it('changes with a comment too, which breaks nobody', async () => {
    const { run, becomes, history } = await open();
    await run();
    const [id, ...others] = shape().columns as [Column, ...Column[]];
    becomes({ columns: [{ ...id, facts: { doc: 'Never reused.' } }, ...others] });
    expect(await run()).toBeNull();
    const [first, second] = await history();
    expect(second?.fingerprint).toBe(first?.fingerprint);
    expect(JSON.stringify(second?.model)).toContain('Never reused.');
  });

  it('stops its job where the history is damaged', async () => {
    const { engine } = await scripted(async function* () {
      yield batchOf(1);
    });
    const sink = openMemory();
    const schemas: SchemaKeeper = {
      place: () => 'here',
      history: async () => [
        {
          version: 1,
          fingerprint: '',
          format: 'json',
          keyFormat: 'json',
          envelope: 'none',
          model: { fields: 3 },
          documents: null,
          at: '',
        },
      ],
      keep: async () => expect.unreachable(),
    };
    const { failures } = await runJobs(
      { ...engine, sink: () => ({ ...sink, schemas }) },
      [job()],
      { once: true, waitForLease: true },
      never,
    );
    expect(failures.get('orders')?.message).toContain('the history of schemas in here cannot be read: fields is not a list');
    expect(sink.records(topic)).toHaveLength(0);
  });
});
