import { describe, expect, it } from 'vitest';
import { type JobPlan, type PlanInput, planJob, remarksOf, requestOf } from '../../src/engine/job-plan.ts';
import type { Job } from '../../src/model/job.ts';
import { column } from '../schema/column.ts';
import { oneRow, textsOf } from '../support/rows.ts';
import { job, shape } from './job.ts';

const plan = (some: Partial<Job> = {}, input: Partial<PlanInput> = {}): JobPlan =>
  planJob({
    name: 'orders',
    job: job(some),
    relation: { kind: 'table', table: { schema: 'shop', name: 'orders' } },
    shape: shape(),
    timezone: null,
    topicNames: { source: 'main', schema: 'shop', table: 'orders' },
    ...input,
  });
const names = (columns: readonly { readonly name: string }[]): readonly string[] => columns.map(({ name }) => name);
const row = ['7', '2026-11-21T10:00:00.5Z', '1.50'];

describe('the plan of a job', () => {
  it('takes mode from the cursor, and key and order from the primary key', () => {
    const made = plan();
    expect(made).toMatchObject({ mode: 'timestamp', relationName: 'shop.orders', topic: { name: 'main.shop.orders', keyed: true } });
    expect([names(made.cursor), names(made.key), names(made.order)]).toEqual([['updated_at'], ['id'], ['id']]);
    expect(textsOf(made.encoder, oneRow(row))[0]).toBe('{"id":7}');
    expect(made.eventTime(oneRow(row), 0)).toBe(Date.parse('2026-11-21T10:00:00.500Z'));
    expect(requestOf(made, { window: { kind: 'all' } })).toEqual({
      relation: made.relation,
      columns: made.columns,
      where: null,
      cursor: made.cursor,
      key: made.order,
      window: { kind: 'all' },
      page: null,
      below: null,
      deleted: null,
      recentFrom: null,
      sample: null,
      limit: null,
    });
  });

  it('takes what deleted says for a column where there is one of that name, otherwise for a condition', () => {
    expect(plan({ deleted: 'paid' }).deleted).toMatchObject({ kind: 'column', column: { name: 'paid' } });
    expect(plan({ deleted: 'paid > 3' }).deleted).toEqual({ kind: 'condition', sql: 'paid > 3' });
    const odd = shape({ columns: [...shape().columns, column('is gone', 'boolean'), column('state', 'text', 'text')] });
    expect(plan({ deleted: 'is gone' }, { shape: odd }).deleted).toMatchObject({ kind: 'column' });
    expect(() => plan({ deleted: 'gone' })).toThrow(expect.objectContaining({ code: 'LIB204', place: { column: 'gone' } }));
    expect(() => plan({ deleted: 'state' }, { shape: odd })).toThrow(
      expect.objectContaining({ code: 'LIB103', cure: expect.stringContaining("state = 'gone'") }),
    );
    const keyless = { shape: shape({ primaryKey: [] }) };
    expect(() => plan({ deleted: 'paid', cursor: [] }, keyless)).toThrow(expect.objectContaining({ code: 'LIB206' }));
  });

  it('gives the tombstone of a row that is marked as deleted, and its mark belongs to what marks it', () => {
    const made = plan({ deleted: 'paid' });
    expect(textsOf(made.encoder, { ...oneRow(row), deleted: () => true })).toEqual(['{"id":7}', null]);
    expect(textsOf(made.encoder, oneRow(row))[1]).toContain('"paid":1.50');
    const relations = [undefined, 'paid', 'paid > 3'].map((deleted) => plan({ deleted: deleted ?? null }).definition.relation);
    expect(new Set(relations).size).toBe(3);
  });

  it('refuses strict order where there are no stamps to go by', () => {
    expect(plan({ order: 'strict' }).mode).toBe('timestamp');
    expect(() => plan({ order: 'strict', cursor: ['id'] })).toThrow(/`order: strict` goes by stamps, and the mode is incrementing/);
  });

  it('takes the key that the job names before the primary key', () => {
    expect(names(plan({ key: ['paid', 'id'] }).key)).toEqual(['paid', 'id']);
  });

  it('reads in id order by ids alone, with the id for a key where there is none, and no time', () => {
    const made = plan({ cursor: ['id'] }, { shape: shape({ primaryKey: [] }) });
    expect([made.mode, names(made.order), names(made.key)]).toEqual(['incrementing', [], ['id']]);
    expect(made.eventTime(oneRow(row), 0)).toBeNull();
    expect(made.definition.key).toEqual(['id']);
  });

  it('breaks the ties of stamps by the increment, or by the single key column', () => {
    const mode = 'timestamp+incrementing';
    expect(names(plan({ mode }).order)).toEqual(['id']);
    const made = plan({ mode, increment: 'id', key: ['paid'] });
    expect([names(made.order), names(made.key), made.definition.key]).toEqual([['id'], ['paid'], ['id', 'paid']]);
    expect(names(plan({ mode, increment: 'id' }, { shape: shape({ primaryKey: [] }) }).key)).toEqual(['id']);
  });

  it('reads a bulk job in key order, or in none', () => {
    expect(names(plan({ cursor: [] }).order)).toEqual(['id']);
    const keyless = plan({ cursor: [] }, { shape: shape({ primaryKey: [] }) });
    expect([keyless.mode, keyless.order, keyless.key, keyless.topic.keyed]).toEqual(['bulk', [], [], false]);
  });

  it('reads what only key and event time need beside the fields, and does not publish it', () => {
    const made = plan({ columns: { include: ['paid'], exclude: [], rename: { paid: 'amount' } } });
    expect(names(made.columns)).toEqual(['paid', 'id', 'updated_at']);
    const values = ['1.50', '7', '2026-11-21T10:00:00Z'];
    expect(textsOf(made.encoder, oneRow(values))).toEqual(['{"id":7}', '{"amount":1.50}']);
    expect(made.eventTime(oneRow(values), 0)).toBe(Date.parse('2026-11-21T10:00:00Z'));
  });

  it('takes the time of the first cursor column that has one', () => {
    const stamps = shape({ columns: [column('id', 'integer'), column('updated_at', 'timestamp'), column('created_at', 'timestamp')] });
    const made = plan({ cursor: ['updated_at', 'created_at'] }, { shape: stamps, timezone: 'Europe/Berlin' });
    expect(made.eventTime(oneRow(['1', null, '2026-07-01T12:00:00']), 0)).toBe(Date.parse('2026-07-01T10:00:00Z'));
  });

  it.each([
    ['{source}.{schema}.{table}', 'main.shop.orders'],
    ['{job}-events', 'orders-events'],
    ['plain', 'plain'],
    ['{unknown}', '{unknown}'],
  ])('writes the topic %s as %s', (topic, expected) => {
    expect(plan({ topic }).topic.name).toBe(expected);
  });

  it('knows a relation by its table and condition, a query by its text whatever the line ends', () => {
    const identity = (some: Partial<Job>, text?: string): string =>
      plan({ key: ['id'], ...some }, text === undefined ? {} : { relation: { kind: 'query', text } }).definition.relation;
    expect(identity({})).toBe('table shop.orders');
    expect(identity({ where: 'a = 1' })).toMatch(/^table shop\.orders where sha256:[0-9a-f]{32}$/);
    expect(identity({ where: 'a = 1' })).not.toBe(identity({ where: 'a = 2' }));
    expect(identity({}, 'SELECT 1\r\nAS id\n')).toBe(identity({}, 'SELECT 1\nAS id'));
    expect(identity({}, 'SELECT 1')).not.toBe(identity({}, 'SELECT 2'));
  });

  it('calls a query by its file', () => {
    const relation = { kind: 'query', text: 'SELECT 1' } as const;
    const of = (file: string | null): string => plan({ what: { ...relation, file } }, { relation }).relationName;
    expect([of('queries/a.sql'), of(null)]).toEqual(['query queries/a.sql', 'query']);
  });

  it('tells of unsafe ids only a job that goes by them', () => {
    const told = { shape: shape({ remarks: ['all'], idRemarks: ['ids'] }) };
    expect(remarksOf(plan({}, told))).toEqual(['all']);
    expect(remarksOf(plan({ cursor: ['id'] }, told))).toEqual(['all', 'ids']);
  });

  it.each<readonly [string, Partial<Job>, Partial<PlanInput>, string, string]>([
    ['a cursor', { cursor: ['at'] }, {}, 'LIB204', 'the cursor column "at" does not exist; there are: id, updated_at, paid'],
    ['a key', { key: ['nr'] }, {}, 'LIB204', 'the key column "nr" does not exist'],
    ['a rule', { columns: { include: null, exclude: ['x'], rename: {} } }, {}, 'LIB204', 'the excluded column "x" does not exist'],
    ['a rename', { columns: { include: null, exclude: [], rename: { x: 'y' } } }, {}, 'LIB204', 'the renamed column "x" does not exist'],
    ['an inclusion', { columns: { include: ['x'], exclude: [], rename: {} } }, {}, 'LIB204', 'the included column "x" does not exist'],
    ['an increment', { mode: 'timestamp+incrementing', increment: 'n' }, {}, 'LIB204', 'the increment column "n" does not exist'],
    [
      'a name given twice',
      { columns: { include: null, exclude: [], rename: { paid: 'id' } } },
      {},
      'LIB108',
      'two columns are published as "id"',
    ],
    ['no key', {}, { shape: shape({ primaryKey: [] }) }, 'LIB206', 'the table has no primary key'],
    ['two key columns', { mode: 'timestamp+incrementing', key: ['id', 'paid'] }, {}, 'LIB206', 'the key has 2 columns'],
    ['an odd cursor', { cursor: ['paid'] }, {}, 'LIB208', 'the mode cannot be told'],
  ])('refuses %s that does not fit', (_what, some, input, code, message) => {
    const refused = (): JobPlan => plan(some, input);
    expect(refused).toThrow(expect.objectContaining({ code }));
    expect(refused).toThrow(message);
  });
});
