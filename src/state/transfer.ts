import { LiberateError } from '../kit/errors.ts';
import type { JobState } from '../model/state.ts';
import { checkJobName } from './job-name.ts';
import { jobStateAt, listAt, ShapeError, shapeAt, textAt } from './job-state.ts';
import type { StoredJob } from './state-store.ts';

const magic = 'liberate state export';
const version = 1;

/** The jobs that have a state, as JSON for a file; reports and leases stay behind. */
export function exportState(stored: readonly StoredJob[]): string {
  const jobs = stored.flatMap(({ job, committedAt, state }) => (state === null ? [] : [{ job, committedAt, state }]));
  return `${JSON.stringify({ magic, version, jobs }, null, 2)}\n`;
}

function jobsOf(document: unknown): ReadonlyMap<string, JobState> {
  const shape = shapeAt(document, 'the export');
  if (shape['magic'] !== magic) throw new ShapeError('magic', `"${magic}"`);
  if (shape['version'] !== version) throw new ShapeError('version', `${version}, which is what this liberate knows`);
  const jobs = new Map<string, JobState>();
  for (const [at, entry] of listAt(shape['jobs'], 'jobs').entries()) {
    const { job: name, state } = shapeAt(entry, `jobs[${at}]`);
    const job = textAt(name, `jobs[${at}].job`);
    checkJobName(job);
    if (jobs.has(job)) throw new ShapeError(`jobs[${at}].job`, 'a name of its own: it is there twice');
    jobs.set(job, jobStateAt(state, `jobs[${at}].state`));
  }
  return jobs;
}

/** The states by job's name; LIB410 with the first wrong part when the text is not an export that this version can read. */
export function parseExport(text: string): ReadonlyMap<string, JobState> {
  try {
    return jobsOf(JSON.parse(text));
  } catch (cause) {
    const found = cause instanceof SyntaxError ? 'it is not JSON' : (cause as Error).message;
    throw new LiberateError('LIB410', `the text is not an export of liberate's state: ${found}`, { cause });
  }
}
