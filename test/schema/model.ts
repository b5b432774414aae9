import type { Column, ColumnFacts, ColumnType } from '../../src/model/column.ts';
import { type EventModel, eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';

const of = (name: string, type: ColumnType | Exclude<ColumnType['kind'], 'array'>, facts: ColumnFacts = {}, nullable = true): Column => ({
  name,
  type: typeof type === 'string' ? { kind: type } : type,
  native: typeof type === 'string' ? type : `${type.kind}[]`,
  nullable,
  facts,
});

/** A stream with a field of each kind. */
export function everyKind(): EventModel {
  const columns = [
    of('Order Id', 'integer', { bits: 64, doc: 'The order.\nNever reused.' }),
    of('line', 'integer', { bits: 32 }, false),
    of('2nd', 'integer', { bits: 64, unsigned: true }),
    of('tiny', 'integer', { bits: 8, unsigned: true }),
    of('open', 'boolean', {}, false),
    of('amount', 'decimal', { precision: 12, scale: 2, default: '0.00' }, false),
    of('rounded', 'decimal', { precision: 3, scale: -2 }),
    of('small', 'decimal', { precision: 2, scale: 5 }),
    of('any_amount', 'decimal'),
    of('ratio', 'float', { bits: 32 }),
    of('exact_ratio', 'float', { bits: 64 }),
    of('state', 'text', { length: 9, labels: ['new', 'paid'], doc: 'Where it stands.' }, false),
    of('uid', 'uuid'),
    of('body', 'json'),
    of('picture', 'bytes'),
    of('day', 'date'),
    of('at_time', 'time', { daytime: true }),
    of('lasted', 'time'),
    of('local_at', 'timestamp', { scale: 3 }),
    of('updated_at', 'timestamptz', { scale: 6 }, false),
    of('span', 'interval'),
    of('tags', { kind: 'array', element: { kind: 'text' } }),
    of('tags_list', { kind: 'array', element: { kind: 'timestamptz' } }, {}, false),
    of('loose', 'dynamic'),
    of('kept', 'dynamic', { stored: 'integer' }),
    of('order-id', 'text'),
    of('order_id', 'text'),
  ];
  const [key, line] = columns as [Column, Column];
  const rules = { include: null, exclude: [], rename: { local_at: 'localAt' } };
  const cursor = columns.filter(({ name }) => name === 'updated_at');
  return eventModel('shop.public.order-lines', eventSchema(columns, rules, [key, line]), cursor);
}
