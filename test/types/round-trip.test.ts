import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/model/column.ts';
import { type Normal, sameLines } from '../foreign/normal.ts';
import { readers, schemaFormats } from '../foreign/readers.ts';
import { oneRow } from '../support/rows.ts';
import { caseColumns, databases } from './case-columns.ts';
import { goldenEvents } from './golden-events.ts';
import { eventsOfColumn, expected, labelOf, told } from './round-trip.ts';
import { canonical } from './type-case.ts';

const names = Object.keys(databases) as (keyof typeof databases)[];

describe.each(names)('the types of %s', (database) => {
  const columns = caseColumns(database);

  it.each(schemaFormats)('come back from %s as they are, or are refused by name', async (format) => {
    const refused: string[] = [];
    for (const [at, one] of databases[database].entries()) {
      const column = columns[at] as Column;
      const events = eventsOfColumn(column, format, [column.name]);
      for (const sample of [...one.samples, null]) {
        const value = sample === null ? null : canonical(one.kind, sample);
        const found = told(events, oneRow([value]), 0);
        if (sample !== null && typeof found.told === 'string' && found.told.startsWith('refused: ')) {
          refused.push(`${labelOf(one, sample)} → ${found.told}`);
        } else
          expect([labelOf(one, sample ?? ['NULL']), found.told]).toEqual([
            labelOf(one, sample ?? ['NULL']),
            expected(format, column, value),
          ]);
      }
    }
    await expect(`${refused.join('\n')}\n`).toMatchFileSnapshot(`refused/${database}.${format}.txt`);
  });

  it.each(schemaFormats)('come back from %s side by side in one event', (format) => {
    const { stream, events } = goldenEvents(database, format, 9);
    expect(events.length).toBeGreaterThan(5);
    for (const { bytes, values } of events) {
      const found = readers[format](stream, bytes);
      for (const { name, type } of stream.model.fields)
        expect([name, sameLines(type, found[name] as Normal)]).toEqual([name, values[name]]);
    }
  });
});
