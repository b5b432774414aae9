import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { planJob } from '../../src/engine/job-plan.ts';
import { validateJob } from '../../src/engine/validate.ts';
import { Limiter } from '../../src/kit/limiter.ts';
import type { Job } from '../../src/model/job.ts';
import { batchOfRows, type RowBatch, rowsOf } from '../../src/model/row.ts';
import type { Value } from '../../src/model/value.ts';
import { eventModel } from '../../src/schema/event-model.ts';
import { eventSchema } from '../../src/schema/event-schema.ts';
import { jsonEncoder } from '../../src/schema/json/encoder.ts';
import { jsonSchemaOf } from '../../src/schema/json/schema.ts';
import type { Source } from '../../src/source/source.ts';
import { job } from '../engine/job.ts';
import { schemaFormats } from '../foreign/readers.ts';
import type { TestDatabase } from '../support/databases.ts';
import { textsOf } from '../support/rows.ts';
import { describedText, describedTypes } from '../types/described.ts';
import { everyEvents, everyTable, fieldsOf, rowsOfCases } from '../types/every-table.ts';
import { readBack } from '../types/read-back.ts';
import { type ColumnEvents, eventsOfColumn, expected, told } from '../types/round-trip.ts';
import { canonical, orderOf, type TypeCase } from '../types/type-case.ts';
import {
  firstColumn,
  firsts,
  never,
  query,
  readAll,
  readPages,
  requestOf,
  type SourceContract,
  sourceConfig,
  table,
  type Wanted,
} from './source.ts';

/** What a user may set in a session, and what must not show in any event. */
const oddSessions: Readonly<Record<Source['kind'], readonly string[]>> = {
  postgres: [
    "SET TimeZone = 'Asia/Kathmandu'",
    "SET DateStyle = 'German, DMY'",
    "SET IntervalStyle = 'postgres_verbose'",
    "SET bytea_output = 'escape'",
    'SET extra_float_digits = -4',
  ],
  mysql: [
    "SET time_zone = '+05:45'",
    "SET sql_mode = 'ANSI_QUOTES,NO_ZERO_DATE,NO_ZERO_IN_DATE,PAD_CHAR_TO_FULL_LENGTH,STRICT_ALL_TABLES'",
    'SET NAMES latin1',
  ],
  sqlite: [],
};

/** Whole numbers that this validator, made for doubles, takes for none. */
const pastDouble = /(?<=[:[,])-?\d{16,}(?=[,}\]])/g;

const label = ({ type }: TypeCase, at: number): string => `c${at} ${type}`;

/** Every type of a database: what its values are as events, and whether it orders rows. */
export function typesContract(contract: SourceContract): void {
  const { dialect, types } = contract;

  describe(`the types of ${contract.kind}`, () => {
    let db: TestDatabase;
    let source: Source;

    beforeAll(async () => {
      db = await contract.create();
      await db.run(everyTable(types, dialect));
      source = contract.open(sourceConfig(contract.kind, db.url));
    });
    afterAll(async () => {
      await source[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    });

    /** The values of each event, made of the server's bytes, which must be those made of the values. */
    const eventsOf = async (
      from: Source,
      relation: Parameters<Source['describe']>[0],
      wanted: Partial<Wanted>,
    ): Promise<readonly string[]> => {
      const request = await requestOf(from, relation, { key: ['id'], ...wanted });
      const encoder = jsonEncoder(
        eventSchema(request.columns, { include: null, exclude: [], rename: {} }, request.key),
        request.columns.map(({ name }) => name),
      );
      const events: string[] = [];
      for await (const batch of from.read(request, never)) {
        const decoded = batchOfRows(rowsOf(batch), batch.safe);
        for (let at = 0; at < batch.count; at += 1) {
          const made = textsOf(encoder, batch as RowBatch, at);
          expect(textsOf(encoder, decoded, at)).toEqual(made);
          events.push(made[1] as string);
        }
      }
      return events;
    };

    const fieldsFrom = async (...from: Parameters<typeof eventsOf>): Promise<readonly (readonly string[])[]> =>
      (await eventsOf(...from)).map(fieldsOf);

    it('delivers every value exactly, in its canonical form', async () => {
      const shape = await source.describe(table('every'), never);
      expect(types.map((one, at) => [label(one, at), shape.columns[at + 1]?.type.kind])).toEqual(
        types.map((one, at) => [label(one, at), one.kind]),
      );
      const rows = await readAll(source, await requestOf(source, table('every'), { key: ['id'] }));
      expect(rows).toHaveLength(rowsOfCases(types));
      const comparable = (value: Value | undefined): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value);
      for (const [row, { values }] of rows.entries()) {
        expect(types.map((one, at) => [label(one, at), comparable(values[at + 1])])).toEqual(
          types.map((one, at) => {
            const sample = one.samples[row];
            return [label(one, at), sample === undefined ? null : comparable(canonical(one.kind, sample))];
          }),
        );
      }
    });

    it('publishes the same bytes by a load and by a poll, of the table and of a query, of bytes and of values', async () => {
      const expected = everyEvents(types).map(fieldsOf);
      const columns = types.map((_, at) => `c${at}`).join(', ');
      const poll: Partial<Wanted> = { cursor: ['id'], key: [], window: { kind: 'gaps', mark: ['0'], gaps: [] }, limit: 100 };
      expect(await fieldsFrom(source, table('every'), {})).toEqual(expected);
      expect(await fieldsFrom(source, table('every'), poll)).toEqual(expected);
      const asQuery = query(`SELECT id, ${columns} FROM every`);
      expect(await fieldsFrom(source, asQuery, {})).toEqual(expected);
      expect(await fieldsFrom(source, asQuery, poll)).toEqual(expected);
    });

    it('publishes the same bytes whatever zone, style and mode the session was given', async () => {
      await using odd = contract.open(sourceConfig(contract.kind, db.url, { session: oddSessions[contract.kind], timezone: null }));
      expect(await fieldsFrom(odd, table('every'), {})).toEqual(everyEvents(types).map(fieldsOf));
    });

    it('publishes JSON from which the database itself reads back what it holds', async () => {
      const events = await eventsOf(source, table('every'), {});
      const rows = await db.rows(readBack[contract.kind](types, events));
      expect(rows).toHaveLength(events.length);
      const wrong = rows.flatMap(([id, ...cells]) =>
        cells.flatMap((cell, at) => (cell === 't' || cell === '1' ? [] : [`row ${id}, ${label(types[at] as TypeCase, at)}`])),
      );
      expect(wrong).toEqual([]);
    });

    it('publishes in every format what a foreign reader finds to be the same values, of bytes and of values', {
      timeout: 120_000,
    }, async () => {
      const request = await requestOf(source, table('every'), { key: ['id'] });
      const names = request.columns.map(({ name }) => name);
      const columns = request.columns.filter(({ name }) => name !== 'id');
      const wrong: string[] = [];
      const made = schemaFormats.map((format) => ({ format, of: columns.map((column) => eventsOfColumn(column, format, names)) }));
      let sample = 0;
      for await (const batch of source.read(request, never)) {
        const decoded = batchOfRows(rowsOf(batch), batch.safe);
        for (let at = 0; at < batch.count; at += 1, sample += 1) {
          for (const { format, of } of made) {
            for (const [place, column] of columns.entries()) {
              const one = types[place] as TypeCase;
              const written = one.samples[sample];
              const value = written === undefined ? null : canonical(one.kind, written);
              const found = told(of[place] as ColumnEvents, batch as RowBatch, at);
              expect(told(of[place] as ColumnEvents, decoded, at).bytes).toBe(found.bytes);
              const refused = typeof found.told === 'string' && found.told.startsWith('refused: ');
              // What may be refused is kept by the test of the same cases without a server.
              if (!refused && !isDeepStrictEqual(found.told, expected(format, column, value)))
                wrong.push(`${format}, ${label(one, place)}`);
            }
          }
        }
      }
      expect(wrong).toEqual([]);
      expect(sample).toBe(rowsOfCases(types));
    });

    it('tells of each type what the schemas are made of, as docs/types.md has it', async () => {
      const { columns } = await source.describe(table('every'), never);
      await expect(describedText(describedTypes(types, columns.slice(1)))).toMatchFileSnapshot(`../types/${contract.kind}.schemas.jsonl`);
    });

    it('publishes events that a validator finds right by their JSON Schema, of the table and of a query', async () => {
      const names = types.map((_, at) => `c${at}`).join(', ');
      for (const relation of [table('every'), query(`SELECT id, ${names} FROM every`)]) {
        const { columns } = await source.describe(relation, never);
        const schema = eventSchema(columns, { include: null, exclude: [], rename: {} }, columns.slice(0, 1));
        const written = JSON.parse(JSON.stringify(jsonSchemaOf('every', eventModel('every', schema, []).fields))) as Parameters<
          typeof z.fromJSONSchema
        >[0];
        const validator = z.fromJSONSchema(written);
        for (const event of await eventsOf(source, relation, {})) {
          const { error } = validator.safeParse(JSON.parse(event.replace(pastDouble, '1')));
          expect(
            error?.issues.map(({ path, message }) => `${label(types[Number(String(path[0]).slice(1))] as TypeCase, 0)}: ${message}`),
          ).toBeUndefined();
        }
        expect(validator.safeParse({ ...JSON.parse(everyEvents(types)[0] as string), id: true }).success).toBe(false);
      }
    });

    const ordered = types.flatMap((one, at) => (one.ordered === false ? [] : [{ ...one, name: `k${at}`, values: orderOf(one) }]));

    /** A table of a type's values in `k`, each under one id and, in `twice`, under a second that is past all the first. */
    const keyed = ({ name, type, values }: (typeof ordered)[number]): string => {
      const columns = `(id ${dialect.bigint} NOT NULL, k ${type.replace(/ NULL$/, '')} NOT NULL)`;
      const rows = (from: number): string => values.map((sql, row) => `(${from + row}, ${sql})`).join(', ');
      return `CREATE TABLE ${name} ${columns}; INSERT INTO ${name} VALUES ${rows(0)};
        CREATE TABLE twice_${name} ${columns}; INSERT INTO twice_${name} VALUES ${rows(0)}, ${rows(100)};`;
    };

    it('pages by a key of each type that has an order, and continues from each mark at ties', { timeout: 120_000 }, async () => {
      await db.run(ordered.map(keyed).join('\n'));
      for (const { name, type } of ordered) {
        await pagesByKey(name, type);
        await continuesFromMarks(`twice_${name}`, type);
      }
    });

    const pagesByKey = async (name: string, type: string): Promise<void> => {
      const expected = await firstColumn(db, `SELECT id FROM ${name} ORDER BY k`);
      const request = await requestOf(source, table(name), { key: ['k'] });
      expect(firsts(await readPages(source, request, 1)), type).toEqual(expected);
      const rows = await readAll(source, request);
      expect(await source.last(request, never), type).toEqual(rows.at(-1)?.position);
      expect(await source.nth({ ...request, limit: rows.length + 1 }, never), type).toBeNull();
      const at = Math.floor(rows.length / 2);
      const middle = rows[at]?.position ?? [];
      const told = `${type} at ${middle.join()}`;
      expect(firsts(await readAll(source, { ...request, page: middle })), told).toEqual(expected.slice(at + 1));
      expect(firsts(await readAll(source, { ...request, until: middle })), told).toEqual(expected.slice(0, at + 1));
      expect(await source.nth({ ...request, limit: at + 1 }, never), told).toEqual(middle);
    };

    const continuesFromMarks = async (name: string, type: string): Promise<void> => {
      const expected = await firstColumn(db, `SELECT id FROM ${name} ORDER BY k, id`);
      const request = await requestOf(source, table(name), { cursor: ['k'], key: ['id'] });
      const rows = await readPages(source, request, 3);
      expect(firsts(rows), type).toEqual(expected);
      // A third of the marks is the first of a tie as often as the second.
      for (const [at, { position }] of rows.entries()) {
        if (at % 3 !== 0) continue;
        const told = `${type} after ${position.join()}`;
        const after = { ...request, window: { kind: 'after', mark: position, floor: null, tied: true } as const, limit: 100 };
        const found = await readAll(source, after);
        expect(firsts(found.filter(({ ahead }) => ahead)), told).toEqual(expected.slice(at + 1));
        expect(found[0]?.position[0], told).toBe(position[0]);
      }
    };

    it('knows which have no order, and a job refuses those as cursor and as key', async () => {
      const shape = await source.describe(table('every'), never);
      expect(shape.columns.slice(1).map(({ unordered }, at) => [label(types[at] as TypeCase, at), unordered ?? false])).toEqual(
        types.map((one, at) => [label(one, at), one.ordered === false]),
      );
      const planned = (some: Partial<Job>): unknown =>
        planJob({
          name: 'every',
          job: job(some),
          relation: table('every'),
          shape,
          timezone: null,
          topicNames: { source: 's', schema: 's', table: 'every' },
        });
      for (const { name } of shape.columns.filter(({ unordered }) => unordered)) {
        const refused = expect.objectContaining({ code: 'LIB208', cure: expect.stringContaining('casts it to text') });
        expect(() => planned({ mode: 'bulk', cursor: [], key: [name] })).toThrow(refused);
        expect(() => planned({ mode: 'incrementing', cursor: [name] })).toThrow(refused);
      }
    });

    it.skipIf(types.every((one) => one.ordered !== false))('refuses them by validate, with the column and the cure', async () => {
      const at = types.findIndex((one) => one.ordered === false);
      const what = { kind: 'tables', include: ['every'], exclude: [] } as const;
      const use = { source, timezone: null, limiter: new Limiter(1) };
      const { findings } = await validateJob(job({ what, mode: 'bulk', cursor: [], key: [`c${at}`] }), use, { kind: 'memory' }, never);
      expect(findings.filter(({ severity }) => severity === 'error')).toMatchObject([
        { code: 'LIB208', message: expect.stringContaining(`"c${at}"`), cure: expect.stringContaining('casts it to text') },
      ]);
    });
  });
}
