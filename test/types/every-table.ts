import type { Dialect } from '../contract/source-dialect.ts';
import type { TypeCase } from './type-case.ts';

/** Where sample `row` (from 1) of a case stands; the last row is NULL but for its id. */
export const rowsOfCases = (cases: readonly TypeCase[]): number => Math.max(...cases.map(({ samples }) => samples.length)) + 1;

/** `every (id, c0, c1, …)`: a column for each case, a row for each of its samples. */
export function everyTable(cases: readonly TypeCase[], { bigint }: Dialect): string {
  const columns = cases.map(({ type }, at) => `c${at} ${type}`).join(', ');
  const rows = Array.from({ length: rowsOfCases(cases) }, (_, row) => {
    const values = cases.map(({ samples }) => samples[row]?.[0] ?? 'NULL');
    return `INSERT INTO every VALUES (${row + 1}, ${values.join(', ')});`;
  });
  return `CREATE TABLE every (id ${bigint} PRIMARY KEY, ${columns});\n${rows.join('\n')}`;
}

/** An event in pieces of one field each, for a difference that can be read. */
export const fieldsOf = (event: string): readonly string[] => event.split(/,(?="c\d+":)/);

/** The event of each row of `every`. */
export function everyEvents(cases: readonly TypeCase[]): readonly string[] {
  return Array.from({ length: rowsOfCases(cases) }, (_, row) => {
    const fields = cases.map(({ samples }, at) => `"c${at}":${samples[row]?.[1] ?? 'null'}`);
    return `{"id":${row + 1},${fields.join(',')}}`;
  });
}
