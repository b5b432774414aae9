import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyText } from '../../src/engine/digest.ts';
import { type JobPlan, type PlanInput, planJob } from '../../src/engine/job-plan.ts';
import { appendRow } from '../../src/engine/record.ts';
import { rowText } from '../../src/engine/row-text.ts';
import { topicName } from '../../src/engine/topic-name.ts';
import type { Job } from '../../src/model/job.ts';
import type { OutboundRecord } from '../../src/model/record.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';
import type { RowBatch } from '../../src/model/row.ts';
import { column } from '../schema/column.ts';
import { oneRow, packedRowsOf, textsOf } from '../support/rows.ts';
import { job, shape } from './job.ts';

const columns = [
  column('id', 'integer', 'bigint', false),
  column('email', 'text', 'varchar(100)'),
  column('amount', 'decimal', 'numeric(12,2)'),
  column('tenant', 'text'),
  column('ordered_on', 'date'),
  column('updated_at', 'timestamptz', 'timestamp with time zone', false),
];
const row = ['7', 'anna@example.org', '12.50', 't1', '2026-03-01', '2026-11-21T10:00:00.500Z'];
const salt = 'pepper';
const hashed = (text: string): string => createHmac('sha256', salt).update(text).digest('hex');
const hash = { kind: 'hash', salt, encoding: 'hex' } as const;

const plan = (some: Partial<Job> = {}, input: Partial<PlanInput> = {}): JobPlan =>
  planJob({
    name: 'orders',
    job: job(some),
    relation: { kind: 'table', table: { schema: 'shop', name: 'orders' } },
    shape: shape({ columns }),
    timezone: null,
    topicNames: { source: 'main', schema: 'shop', table: 'orders' },
    ...input,
  });

/** The row as the plan reads it, some columns otherwise. */
const read = (made: JobPlan, other: Readonly<Record<string, string | null>> = {}): RowBatch =>
  oneRow(
    made.columns.map(({ name }) =>
      Object.hasOwn(other, name) ? (other[name] as string | null) : (row[columns.findIndex((one) => one.name === name)] as string),
    ),
  );

function recordOf(made: JobPlan, rows: RowBatch = read(made)): OutboundRecord {
  const batch = new RecordBatch({ team: 'shop' });
  appendRow(made, rows, 0, 5, batch);
  return batch.record(0);
}

const decimalText = { text: 'string', type: { kind: 'text' }, facts: {} } as const;

it('no two keys have one text, whatever their bytes', () => {
  const keys = [Buffer.from('{"id":7}'), Buffer.from([0, 0, 0, 0, 1, 14]), Buffer.from([255]), Buffer.from([254]), Buffer.from('é')];
  expect(keys.map(keyText)).toEqual(['{"id":7}', '\\x00000000010e', '\\xff', '\\xfe', 'é']);
});

describe('a job that shapes its events', () => {
  it('publishes what is cast and masked, whether the rows come as values or as bytes', () => {
    const made = plan({ mask: { email: hash, tenant: { kind: 'keep', last: 1 } }, cast: { amount: decimalText } });
    const value = `{"id":7,"email":"${hashed('anna@example.org')}","amount":"12.50","tenant":"***1","ordered_on":"2026-03-01","updated_at":"2026-11-21T10:00:00.500Z"}`;
    expect(textsOf(made.encoder, oneRow(row))).toEqual(['{"id":7}', value]);
    const packed = packedRowsOf(
      [row],
      columns.map(() => ({ form: 'same', decode: null })),
    );
    expect(textsOf(made.encoder, packed)).toEqual(['{"id":7}', value]);
    const nulls = oneRow(['7', null, null, null, null, row[5] as string]);
    expect(textsOf(made.encoder, nulls)[1]).toContain('"email":null,"amount":null,"tenant":null');
  });

  it('has the types of the shaped event, and another fingerprint than the table', () => {
    const made = plan({
      mask: { email: hash },
      cast: { amount: decimalText },
      columns: { include: null, exclude: [], rename: { amount: 'total' } },
    });
    const fields = made.stream.model.fields.map(({ name, column: from, type, native }) => [name, from, type.kind, native]);
    expect(fields).toContainEqual(['email', 'email', 'text', 'text']);
    expect(fields).toContainEqual(['total', 'amount', 'text', 'string']);
    expect(made.stream.model.fingerprint).not.toBe(plan().stream.model.fingerprint);
  });

  it('hashes a key in the key too, and refuses what would make keys alike, or would mask the cursor', () => {
    expect(textsOf(plan({ mask: { id: hash } }).encoder, oneRow(row))[0]).toBe(`{"id":"${hashed('7')}"}`);
    for (const mask of [{ kind: 'redact' }, { kind: 'keep', last: 3 }] as const) {
      expect(() => plan({ mask: { id: mask } })).toThrow(expect.objectContaining({ code: 'LIB108', place: { column: 'id' } }));
    }
    expect(() => plan({ mask: { updated_at: hash } })).toThrow(expect.objectContaining({ code: 'LIB108' }));
    expect(() => plan({ mask: { gone: hash } })).toThrow(expect.objectContaining({ code: 'LIB204' }));
  });

  it('says which column and which value cannot be cast', () => {
    const made = plan({ cast: { tenant: { text: 'integer', type: { kind: 'integer' }, facts: { bits: 64 } } } });
    expect(() => textsOf(made.encoder, oneRow(row))).toThrow(
      expect.objectContaining({ code: 'LIB211', place: { column: 'tenant' }, message: expect.stringContaining('"t1"') }),
    );
  });

  it('never shows what it masks: not in the text of a row, nor in a refusal', () => {
    const loose = [column('id', 'integer', 'bigint', false), column('email'), column('region'), column('updated_at', 'timestamptz')];
    const made = plan(
      {
        mask: { id: hash, email: { kind: 'redact' } },
        key: ['id'],
        onBadRow: 'deadletter',
        cast: { region: { text: 'integer', type: { kind: 'integer' }, facts: {} } },
      },
      { shape: shape({ columns: loose, primaryKey: ['id'] }) },
    );
    const rows = oneRow(['4711', 'anna@example.org', 'north', '2026-11-21T10:00:00Z']);
    expect(rowText(made, rows, 0)).toEqual({ id: hashed('4711'), email: '***', region: 'north', updated_at: '2026-11-21T10:00:00Z' });
    const [key, value] = textsOf(made.encoder, rows);
    expect(made.refused()?.message).toContain('north');
    expect(`${key}${value}${made.refused()?.message}`).not.toMatch(/4711|anna/);
    const nullable = plan(
      { mask: { id: hash }, key: ['id', 'region'], mode: 'timestamp+incrementing', increment: 'id' },
      { shape: shape({ columns: loose, primaryKey: [] }) },
    );
    const nullKey = { ...oneRow(['4711', null, null, '2026-11-21T10:00:00Z']), position: () => ['2026-11-21T10:00:00Z', '4711'] };
    expect(() => textsOf(nullable.encoder, nullKey)).toThrow(expect.objectContaining({ message: 'the key column "region" holds NULL' }));
  });

  it('gives records headers of their own from the row, as it is published, and leaves out one of NULL', () => {
    const made = plan({
      headers: { team: 'shop', tenant: '{tenant}', who: 'by {email} of {tenant}', literal: '{{tenant}}' },
      mask: { email: { kind: 'redact' } },
      columns: { include: ['id'], exclude: [], rename: {} },
    });
    const record = recordOf(made);
    expect(record.value?.toString()).toBe('{"id":7}');
    expect(record.headers).toEqual({ team: 'shop', tenant: 't1', who: 'by *** of t1' });
    expect(recordOf(made, read(made, { email: null, tenant: 't2' })).headers).toEqual({ team: 'shop', tenant: 't2' });
    expect(() => plan({ headers: { tenant: '{tennant}' } })).toThrow(expect.objectContaining({ code: 'LIB204' }));
  });

  it('gives the record the time of another column in every mode, and the time of reading where that is NULL', () => {
    for (const cursor of [['updated_at'], ['id'], []]) {
      const made = plan({ cursor, eventTime: 'ordered_on', columns: { include: ['id'], exclude: [], rename: {} } });
      expect(recordOf(made).timestamp).toBe(String(Date.UTC(2026, 2, 1)));
      expect(recordOf(made, read(made, { ordered_on: null })).timestamp).toBe('5');
    }
    expect(() => plan({ eventTime: 'amount' })).toThrow(expect.objectContaining({ code: 'LIB108', place: { column: 'amount' } }));
  });

  it('routes by the text of columns, and a tombstone without a row by its key', () => {
    const both = { key: ['tenant', 'id'], partitionBy: ['tenant'], cursor: ['updated_at'] };
    const made = plan({ ...both, reconcile: 1000, columns: { include: null, exclude: [], rename: { tenant: 'customer "é"' } } });
    const record = recordOf(made);
    expect(record.route?.toString()).toBe('t1');
    expect(made.partition?.ofKey(record.key as Buffer)).toEqual(record.route);
    const masked = plan({ ...both, mask: { tenant: hash } });
    expect(masked.partition?.ofKey(recordOf(masked).key as Buffer)).toEqual(recordOf(masked).route);
    const number = plan({ key: ['id'], partitionBy: ['id'] });
    const wide = oneRow(['9007199254740993', ...row.slice(1)]);
    expect(number.partition?.ofKey(recordOf(number, wide).key as Buffer)).toEqual(Buffer.from('9007199254740993'));
  });

  it('refuses a partition that a tombstone would not find, and tells of one that can change', () => {
    expect(() => plan({ partitionBy: ['tenant'], reconcile: 1000 })).toThrow(expect.objectContaining({ code: 'LIB108' }));
    expect(() => plan({ partitionBy: ['tenant'], cursor: [] })).toThrow(expect.objectContaining({ code: 'LIB108' }));
    expect(() => plan({ partitionBy: ['id'], cursor: [], keyFormat: 'avro' })).toThrow(expect.objectContaining({ code: 'LIB108' }));
    const made = plan({ partitionBy: ['tenant'] });
    expect(made.partition?.remark).toContain('tenant is not part of the key');
    expect(() => made.partition?.ofKey(Buffer.from('{"id":7}'))).toThrow(expect.objectContaining({ code: 'LIB108' }));
    expect(plan({ partitionBy: ['id'] }).partition?.remark).toBeNull();
  });

  it('names topics by letters that Kafka takes', () => {
    const names = { source: 'main', schema: 'My Schéma', table: 'Straße/2' };
    expect(topicName('{schema}.{table}', 'j', names)).toBe('My_Sch_ma.Stra_e_2');
    expect(topicName('{table}', 'j', { ...names, table: '🙂' })).toBe('_');
    expect(() => topicName('{table}', 'j', { ...names, table: 'x'.repeat(250) })).toThrow(expect.objectContaining({ code: 'LIB304' }));
    expect(() => topicName('{table}', 'j', { ...names, table: '..' })).toThrow(expect.objectContaining({ code: 'LIB304' }));
  });
});
