import { packageVersion } from '../../kit/version.ts';
import type { Origin } from './origin.ts';

const connectors: Readonly<Record<Origin['kind'], string>> = { postgres: 'postgresql', mysql: 'mysql', sqlite: 'sqlite' };

/** What Debezium tells of a change's source, as far as a SELECT knows it. */
export interface DebeziumSource {
  readonly version: string;
  readonly connector: string;
  readonly name: string;
  readonly db: string;
  readonly schema: string;
  readonly table: string;
}

export const debeziumSource = ({ kind, name, database, schema, table }: Origin): DebeziumSource => ({
  version: packageVersion(),
  connector: connectors[kind],
  name,
  db: database,
  schema,
  table,
});
