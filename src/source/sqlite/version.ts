import type { Connection } from './connections.ts';

/**
 * SQLite's own count of the file's DDL, at the head of the file: of all its tables, which only means that one is looked at too often.
 * Asked while a statement is open, it is that of the statement's snapshot.
 */
export function versionOf({ database, file }: Connection): string {
  return `${file} ${database.prepare('PRAGMA main.schema_version').pluck().get()}`;
}
