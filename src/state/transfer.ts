import { LiberateError } from '../kit/errors.ts';
import type { PublishedExport } from '../model/published.ts';
import type { JobState } from '../model/state.ts';
import { checkJobName } from './job-name.ts';
import { flagAt, jobStateAt, listAt, numberAt, orNull, ShapeError, shapeAt, textAt } from './job-state.ts';
import { publishedHeadAt } from './published-head.ts';
import type { StoredJob } from './state-store.ts';

const magic = 'liberate state export';
/** Version 2: a job may have `published`. */
const version = 2;

/** What an export holds of a job. */
export interface Exported {
  readonly state: JobState;
  /** null: it remembers nothing. */
  readonly published: PublishedExport | null;
}

/** The jobs that have a state, as JSON for a file; reports and leases stay behind. `published`: by the job's name. */
export function exportState(stored: readonly StoredJob[], published: ReadonlyMap<string, PublishedExport>): string {
  const jobs = stored.flatMap(({ job, committedAt, state }) => {
    const remembered = published.get(job);
    return state === null ? [] : [{ job, committedAt, state, ...(remembered === undefined ? {} : { published: asJson(remembered) }) }];
  });
  // A file without what version 2 has added can be read by what knows version 1.
  return `${JSON.stringify({ magic, version: published.size === 0 ? 1 : version, jobs }, null, 2)}\n`;
}

function asJson({ head, log, buckets }: PublishedExport): object {
  const text = <T extends { readonly data: Buffer }>(one: T): object => ({ ...one, data: one.data.toString('base64') });
  return { head, log: log.map(text), buckets: buckets.map((bucket) => ({ ...bucket, pieces: bucket.pieces.map(text) })) };
}

function publishedAt(value: unknown, path: string): PublishedExport {
  const shape = shapeAt(value, path);
  const dataAt = (data: unknown, at: string): Buffer => Buffer.from(textAt(data, at), 'base64');
  return {
    head: orNull(shape['head'], `${path}.head`, publishedHeadAt),
    log: listAt(shape['log'], `${path}.log`).map((one, number) => {
      const at = `${path}.log[${number}]`;
      const { seq, sure, entries, data } = shapeAt(one, at);
      return {
        seq: numberAt(seq, `${at}.seq`),
        sure: flagAt(sure, `${at}.sure`),
        entries: numberAt(entries, `${at}.entries`),
        data: dataAt(data, `${at}.data`),
      };
    }),
    buckets: listAt(shape['buckets'], `${path}.buckets`).map((one, number) => {
      const at = `${path}.buckets[${number}]`;
      const { bucket, upto, sure, pieces } = shapeAt(one, at);
      return {
        bucket: numberAt(bucket, `${at}.bucket`),
        upto: numberAt(upto, `${at}.upto`),
        sure: flagAt(sure, `${at}.sure`),
        pieces: listAt(pieces, `${at}.pieces`).map((piece) => {
          const { entries, data } = shapeAt(piece, `${at}.pieces`);
          return { entries: numberAt(entries, `${at}.pieces.entries`), data: dataAt(data, `${at}.pieces.data`) };
        }),
      };
    }),
  };
}

function jobsOf(document: unknown): ReadonlyMap<string, Exported> {
  const shape = shapeAt(document, 'the export');
  if (shape['magic'] !== magic) throw new ShapeError('magic', `"${magic}"`);
  if (shape['version'] !== 1 && shape['version'] !== version)
    throw new ShapeError('version', `1 or ${version}, which are what this liberate knows`);
  const jobs = new Map<string, Exported>();
  for (const [at, entry] of listAt(shape['jobs'], 'jobs').entries()) {
    const { job: name, state, published = null } = shapeAt(entry, `jobs[${at}]`);
    const job = textAt(name, `jobs[${at}].job`);
    checkJobName(job);
    if (jobs.has(job)) throw new ShapeError(`jobs[${at}].job`, 'a name of its own: it is there twice');
    jobs.set(job, {
      state: jobStateAt(state, `jobs[${at}].state`),
      published: orNull(published, `jobs[${at}].published`, publishedAt),
    });
  }
  return jobs;
}

/** The states by job's name; LIB410 with the first wrong part when the text is not an export that this version can read. */
export function parseExport(text: string): ReadonlyMap<string, Exported> {
  try {
    return jobsOf(JSON.parse(text));
  } catch (cause) {
    const found = cause instanceof SyntaxError ? 'it is not JSON' : (cause as Error).message;
    throw new LiberateError('LIB410', `the text is not an export of liberate's state: ${found}`, { cause });
  }
}
