import type { TableName } from '../../model/column.ts';
import { literal, quote } from './flavour.ts';

/**
 * What the owner of a table runs once, so that each statement that changes it notifies the channel. Equal notifications
 * of one transaction are sent once, when it commits. The function takes the channel from its trigger: one for all tables.
 */
export function triggerSql(channel: string, table: TableName | null): string {
  const schema = table?.schema ?? null;
  const prefix = schema === null ? '' : `${quote(schema)}.`;
  const name = table === null ? 'TABLE' : `${prefix}${quote(table.name)}`;
  return `-- Cost: a few microseconds a statement; and commits that notify take turns in the whole server, also while they are written to disk.
CREATE OR REPLACE FUNCTION ${prefix}liberate_wake() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_notify(TG_ARGV[0], ''); RETURN NULL; END $$;
CREATE TRIGGER liberate_wake AFTER INSERT OR UPDATE OR DELETE ON ${name}
  FOR EACH STATEMENT EXECUTE FUNCTION ${prefix}liberate_wake(${literal(channel)});`;
}
