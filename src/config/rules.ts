import { splitPlaceholders } from '../query/placeholders.ts';
import type { Draft, JobKey } from './draft.ts';
import type { Problems } from './problems.ts';
import { topicVariables } from './topic.ts';

/** One thing that must hold between the keys of a job. Values that have a problem already are absent from `data`. */
export type JobRule = (job: Draft, problems: Problems) => void;

/** Several tables, or a name that may stand for several. */
export function isMany(tables: readonly string[]): boolean {
  const [first, ...others] = tables.filter((name) => !name.startsWith('!'));
  return first !== undefined && (others.length > 0 || first.includes('*'));
}

function contradict(problems: Problems, job: Draft, key: JobKey, message: string, cure: string): void {
  problems.add('LIB108', job.where(key), message, { cure });
}

const tableOrQuery: JobRule = (job, problems) => {
  if (job.has('table') && job.has('query')) {
    contradict(problems, job, 'query', 'is given, and table too', 'Keep table or query.');
  } else if (!job.has('table') && !job.has('query')) {
    problems.add('LIB105', job.path, 'has neither table nor query', { cure: 'Add table: NAME, or query: FILE.sql.' });
  }
};

const someTableIsRead: JobRule = (job, problems) => {
  if (job.data.table?.every((name) => name.startsWith('!'))) {
    problems.add('LIB103', job.where('table'), 'only leaves tables out', { cure: 'Name what is read too, such as "*".' });
  }
};

const queryNeedsKey: JobRule = (job, problems) => {
  if (!job.has('query') || job.has('table') || job.has('key') || !job.has('cursor') || job.data.mode === 'bulk') return;
  problems.addMissing(job.where('key'), 'the columns that identify a row of the query', 'Add key: COLUMN, or a list of columns.');
};

const deletedNeedsKey: JobRule = (job, problems) => {
  if (!job.has('deleted') || !job.has('query') || job.has('table') || job.has('key')) return;
  // A query with a cursor has its own message.
  if (job.has('cursor') && job.data.mode !== 'bulk') return;
  problems.addMissing(
    job.where('key'),
    'the columns that identify a row of the query, for its tombstone',
    'Add key: COLUMN, or remove deleted.',
  );
};

/** Outside strings and comments in either dialect: which one it is, only the source knows. */
function placeholder(query: string): string | null {
  const [first, second] = (['standard', 'mysql'] as const).map((lexis) =>
    splitPlaceholders(query, lexis).flatMap((piece) => ('name' in piece ? [piece.name] : [])),
  );
  return first?.find((name) => second?.includes(name)) ?? null;
}

const placeholdersNeedCursor: JobRule = (job, problems) => {
  const { query } = job.data;
  const name = query === undefined || job.has('cursor') ? null : placeholder(query);
  if (name === null) return;
  contradict(problems, job, 'query', `names :${name}, and the job has no cursor`, 'Add cursor: COLUMN, or take it out of the query.');
};

const modeNeedsCursor: JobRule = (job, problems) => {
  const { mode } = job.data;
  if (mode === undefined || mode === 'bulk' || job.has('cursor')) return;
  problems.addMissing(job.where('cursor'), `the column that mode ${mode} goes by`, 'Add cursor: COLUMN, or write mode: bulk.');
};

const bulkHasNoCursor: JobRule = (job, problems) => {
  if (job.data.mode !== 'bulk' || !job.has('cursor')) return;
  contradict(problems, job, 'cursor', 'is given, and mode is bulk', 'Remove cursor, or mode.');
};

const incrementingHasOneColumn: JobRule = (job, problems) => {
  const { mode, cursor = [] } = job.data;
  if ((mode !== 'incrementing' && mode !== 'transaction') || cursor.length < 2) return;
  contradict(problems, job, 'cursor', `is a list, and mode is ${mode}`, 'Name one column.');
};

const incrementBreaksTies: JobRule = (job, problems) => {
  if (!job.has('increment') || !job.has('cursor')) return;
  if (job.data.mode === 'timestamp+incrementing' || job.data.mode === 'transaction' || (job.has('mode') && job.data.mode === undefined))
    return;
  contradict(
    problems,
    job,
    'increment',
    'is given, and mode is not timestamp+incrementing',
    'Add mode: timestamp+incrementing (or transaction), or remove increment.',
  );
};

const cursorKeysNeedCursor: JobRule = (job, problems) => {
  if (job.has('cursor')) return;
  for (const key of ['initial', 'lookback', 'order', 'nulls', 'increment'] as const) {
    // A mode that asks for a cursor has its own message.
    if (!job.has(key) || (job.data.mode !== undefined && job.data.mode !== 'bulk')) continue;
    contradict(problems, job, key, 'is given, and the job has no cursor', `Add cursor: COLUMN, or remove ${key}.`);
  }
};

const bulkReconcilesAnyway: JobRule = (job, problems) => {
  if (!job.has('reconcile') || job.has('cursor') || (job.data.mode !== undefined && job.data.mode !== 'bulk')) return;
  problems.warn(
    job.where('reconcile'),
    'is given, and the job is bulk: with a key each of its runs compares all rows',
    'Remove reconcile.',
  );
};

const nullsAreNoKey: JobRule = (job, problems) => {
  const { nulls, cursor = [], key = [] } = job.data;
  const [only] = cursor;
  if (nulls !== 'include' || cursor.length !== 1 || only === undefined || !key.includes(only)) return;
  contradict(problems, job, 'nulls', 'is include, and the cursor is part of the key, which is never NULL', 'Remove nulls.');
};

const strictOrderGoesByStamps: JobRule = (job, problems) => {
  const { order, mode, nulls } = job.data;
  if (order !== 'strict') return;
  if (mode === 'incrementing' || mode === 'transaction') {
    contradict(problems, job, 'order', `is strict, and mode is ${mode}`, 'Remove order: it goes by stamps, and ids have none.');
  }
  if (nulls === 'include') {
    contradict(
      problems,
      job,
      'order',
      'is strict, and nulls is include',
      'Remove one of the two: a row without a stamp has no place in their order.',
    );
  }
};

const oneCadence: JobRule = (job, problems) => {
  if (!job.has('every') || !job.has('schedule')) return;
  contradict(problems, job, 'schedule', 'is given, and every too', 'Keep every or schedule.');
};

const timezoneNeedsSchedule: JobRule = (job, problems) => {
  if (!job.has('timezone') || job.has('schedule')) return;
  contradict(problems, job, 'timezone', 'is given, and the job has no schedule', 'Add schedule:, or remove timezone.');
};

const wakeIsNoSchedule: JobRule = (job, problems) => {
  if (!job.data.wake || !job.has('schedule')) return;
  contradict(problems, job, 'wake', 'is given, and schedule too', 'Keep wake, with every, or keep schedule.');
};

const topicPerTable: JobRule = (job, problems) => {
  const { topic, table, query } = job.data;
  if (topic === undefined) return;
  const names = topicVariables(topic);
  if (table !== undefined && isMany(table) && !names.includes('table')) {
    contradict(problems, job, 'topic', 'is one for several tables', 'Put {table} into it, so that each table has its own.');
  }
  if (query !== undefined && (names.includes('table') || names.includes('schema'))) {
    contradict(
      problems,
      job,
      'topic',
      `has {${names.includes('table') ? 'table' : 'schema'}}, and a query has none`,
      'Use {job}, or write the topic for this job.',
    );
  }
};

const columnsNamedOnce: JobRule = (job, problems) => {
  for (const key of ['key', 'cursor'] as const) {
    const names = job.data[key] ?? [];
    if (new Set(names).size === names.length) continue;
    contradict(problems, job, key, 'names a column twice', 'Name it once.');
  }
};

const columnsAgree: JobRule = (job, problems) => {
  const { columns } = job.data;
  if (columns === undefined || Array.isArray(columns) || !('rename' in columns || 'exclude' in columns)) return;
  const { include, exclude = [], rename = {} } = columns;
  const at = job.where('columns');
  if (include?.some((name) => exclude.includes(name))) {
    problems.add('LIB108', [...at, 'exclude'], 'leaves out a column that include names', { cure: 'Keep it in one of the two.' });
  }
  for (const name of Object.keys(rename)) {
    if (!exclude.includes(name) && (include === undefined || include.includes(name))) continue;
    problems.add('LIB108', [...at, 'rename', name], 'renames a column that is left out', { cure: 'Remove it, or publish the column.' });
  }
  const targets = Object.values(rename);
  if (new Set(targets).size < targets.length) {
    problems.add('LIB108', [...at, 'rename'], 'gives two columns one name', { cure: 'Choose different names.' });
  }
};

export const jobRules: readonly JobRule[] = [
  tableOrQuery,
  someTableIsRead,
  queryNeedsKey,
  deletedNeedsKey,
  placeholdersNeedCursor,
  modeNeedsCursor,
  bulkHasNoCursor,
  incrementingHasOneColumn,
  incrementBreaksTies,
  cursorKeysNeedCursor,
  bulkReconcilesAnyway,
  nullsAreNoKey,
  strictOrderGoesByStamps,
  oneCadence,
  timezoneNeedsSchedule,
  wakeIsNoSchedule,
  topicPerTable,
  columnsNamedOnce,
  columnsAgree,
];
