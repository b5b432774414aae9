import type { Draft } from './draft.ts';
import type { JobRule } from './rules.ts';
import { keepSecret, type Scope, warnOfPlainPassword } from './scope.ts';

type Columns = Exclude<Draft['data']['columns'], undefined | readonly string[]>;

const columnRules = ({ data }: Pick<Draft, 'data'>): Partial<Columns> =>
  data.columns === undefined || Array.isArray(data.columns) ? {} : (data.columns as Columns);

const listed = ({ data }: Pick<Draft, 'data'>): readonly string[] | undefined =>
  Array.isArray(data.columns) ? (data.columns as readonly string[]) : columnRules({ data }).include;

const masksAgree: JobRule = (job, problems) => {
  const { cast = {} } = columnRules(job);
  const { mask = {}, cursor = [], key = [], eventTime } = job.data;
  for (const [name, { kind }] of Object.entries(mask)) {
    const at = [...job.where('mask'), name];
    const refuse = (message: string, cure: string): void => problems.add('LIB108', at, message, { cure });
    if (Object.hasOwn(cast, name)) refuse('masks a column that is cast', 'Remove one of the two: what is masked is text.');
    if (cursor.includes(name)) refuse('masks the cursor, whose text stands in marks, status and logs', 'Leave the cursor unmasked.');
    if (eventTime === name) refuse('masks the column that eventTime names', 'Take another column for one of the two.');
    if (key.includes(name) && kind !== 'hash') refuse('makes keys alike', 'Only a hash tells the rows apart: mask it by hash.');
  }
};

/** What is cast has to be in the event; a mask may be of a column that is only used beside it. */
const castsArePublished: JobRule = (job, problems) => {
  const { cast = {}, exclude = [] } = columnRules(job);
  const include = listed(job);
  for (const name of Object.keys(cast)) {
    if (!exclude.includes(name) && (include === undefined || include.includes(name))) continue;
    problems.add('LIB108', [...job.where('columns'), 'cast', name], 'casts a column that is left out', {
      cure: 'Remove it, or publish the column.',
    });
  }
};

const partitionsNamedOnce: JobRule = (job, problems) => {
  const { partitionBy = [] } = job.data;
  if (new Set(partitionBy).size === partitionBy.length) return;
  problems.add('LIB108', job.where('partitionBy'), 'names a column twice', { cure: 'Name it once.' });
};

/** They tell which job, schema and operation made the record. */
const headersOfOurs: JobRule = (job, problems) => {
  for (const name of Object.keys(job.data.headers ?? {})) {
    if (!name.startsWith('liberate.')) continue;
    problems.add('LIB108', [...job.where('headers'), name], 'is the name of a header of ours', { cure: 'Call it otherwise.' });
  }
};

export const shapingRules: readonly JobRule[] = [masksAgree, castsArePublished, partitionsNamedOnce, headersOfOurs];

/** No log may show a salt, nor the jobs file itself. */
export function keepSalts(job: Draft, scope: Scope): void {
  for (const [name, mask] of Object.entries(job.data.mask ?? {})) {
    if (mask.kind !== 'hash') continue;
    const at = [...job.where('mask'), name, 'hash', 'salt'];
    keepSecret(scope, mask.salt, at);
    warnOfPlainPassword(scope, at, 'a salt');
  }
}
