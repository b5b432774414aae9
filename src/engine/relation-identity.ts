import { createHash } from 'node:crypto';
import type { Relation } from '../model/column.ts';
import type { Job } from '../model/job.ts';
import { tableText } from './tables.ts';

/** As a person reads it. */
export function relationName(job: Job, relation: Relation): string {
  if (relation.kind === 'table') return tableText(relation.table);
  return job.what.kind === 'query' && job.what.file !== null ? `query ${job.what.file}` : 'query';
}

/** What the mark was taken of. A query is its text: even a changed comment is shown to the user once. */
export function relationIdentity(job: Job, relation: Relation): string {
  const where = job.where === null ? '' : ` where ${digest(job.where)}`;
  const deleted = job.deleted === null ? '' : ` deleted ${digest(job.deleted)}`;
  if (relation.kind === 'table') return `table ${tableText(relation.table)}${where}${deleted}`;
  return `query ${digest(relation.text)}${where}${deleted}`;
}

function digest(sql: string): string {
  const text = sql.replaceAll('\r\n', '\n').trim();
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
