import { stat } from 'node:fs/promises';
import type { Knex } from 'knex';
import { LiberateError } from '../../kit/errors.ts';
import type { Row } from '../rows.ts';

/** `libr` in the file's header: tells our file from another program's, also by `file(1)`. */
export const applicationId = 0x6c696272;

/** A state is some megabytes; a file past this is not checked at each start. */
const checkedBytes = 256 * 1024 * 1024;

/** Refuses a file that is another program's (LIB403) or damaged (LIB402), before anything is written to it. */
export async function inspect(db: Knex, path: string): Promise<void> {
  // In one statement, so of one moment: between two, another first start may have made the file ours.
  const [found]: readonly Row[] = await db.raw(
    'select application_id as id, (select name from sqlite_master limit 1) as other from pragma_application_id',
  );
  const id = Number(found?.['id']);
  const other = found?.['other'] ?? null;
  if (id !== applicationId && (id !== 0 || other !== null)) {
    const what = other === null ? `the application id ${id}` : `a table ${String(other)}, and not our application id`;
    throw new LiberateError('LIB403', `${path} is a database of another program: it has ${what}`);
  }
  if ((await stat(path)).size > checkedBytes) return;
  // Not quick_check: it leaves out whether an index finds each row, and a job that is not found would begin anew.
  const [verdict]: readonly Row[] = await db.raw('pragma integrity_check(1)');
  const said = String(Object.values(verdict ?? {})[0]);
  if (said !== 'ok') throw new LiberateError('LIB402', `the state file ${path} is damaged: ${said}`);
}
