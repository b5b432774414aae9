import { createHash } from 'node:crypto';
import type { Column } from '../model/column.ts';
import type { ColumnRules } from '../model/job.ts';
import type { EventSchema, Field } from './encoder.ts';

/** The event of a relation's columns under a job's rules. Names in the rules are known to exist. */
export function eventSchema(columns: readonly Column[], rules: ColumnRules, key: readonly Column[]): EventSchema {
  // Of its own only: a column may be called as what every object has, such as "constructor".
  const renames = new Map(Object.entries(rules.rename));
  const field = (column: Column): Field => ({ name: renames.get(column.name) ?? column.name, column });
  const included = rules.include === null ? null : new Set(rules.include);
  const excluded = new Set(rules.exclude);
  const fields = columns.filter(({ name }) => (included === null || included.has(name)) && !excluded.has(name)).map(field);
  const keyFields = key.map(field);
  return { fields, key: keyFields, fingerprint: fingerprint(fields, keyFields) };
}

/** Names, types, nullability and key in order: what a consumer can see of a change. */
function fingerprint(fields: readonly Field[], key: readonly Field[]): string {
  const visible = {
    fields: fields.map(({ name, column }) => [name, column.type, column.native, column.nullable]),
    key: key.map(({ name, column }) => [name, column.type]),
  };
  return createHash('sha256').update(JSON.stringify(visible)).digest('hex').slice(0, 16);
}
