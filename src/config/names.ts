import { shortName } from './defaults.ts';
import type { Draft } from './draft.ts';
import { isShown } from './found.ts';
import { isMapping, isWritten, valueAt } from './jobs-file.ts';
import { shownKey } from './problem.ts';
import type { Problems } from './problems.ts';
import { namePattern } from './schema/file-schema.ts';
import { suggest } from './suggest.ts';

/** The names that jobs may use for `source:` or `sink:`, sound or not. */
export function declaredNames(problems: Problems, room: 'source' | 'sink'): readonly string[] {
  const root = problems.file.value;
  if (isWritten(root, [room])) return [shortName];
  const several = valueAt(root, [`${room}s`]);
  return isMapping(several) ? Object.keys(several) : [];
}

export function checkNames(problems: Problems): void {
  for (const room of ['sources', 'sinks', 'jobs']) {
    const named = valueAt(problems.file.value, [room]);
    for (const name of isMapping(named) ? Object.keys(named) : []) {
      if (new RegExp(namePattern).test(name)) continue;
      problems.add('LIB103', [room, name], 'has a name that cannot be used', {
        on: 'key',
        cure: 'Begin with a letter or digit, and use only letters, digits, dots, dashes and underscores.',
      });
    }
  }
}

/** `source` or `sources`, `sink` or `sinks`: one of the two, with something in it. */
export function checkOneOrSeveral(problems: Problems): void {
  const root = problems.file.value;
  for (const room of ['source', 'sink'] as const) {
    const several = `${room}s`;
    if (isWritten(root, [room]) && isWritten(root, [several])) {
      problems.add('LIB108', [several], `is given, and ${room} too`, { cure: `Move ${room} into ${several} under a name.` });
    } else if (!isWritten(root, [room]) && !isWritten(root, [several])) {
      const example = room === 'source' ? 'postgres://user@host/database' : 'kafka://host:9092';
      problems.addMissing([room], null, `Add ${room}: ${example}.`);
    } else if (isMapping(valueAt(root, [several])) && declaredNames(problems, room).length === 0) {
      problems.add('LIB105', [several], 'names nothing', {
        on: 'key',
        cure: `Add NAME: and what it is, or write ${room}: for the only one.`,
      });
    }
  }
  const jobs = valueAt(root, ['jobs']);
  if (isMapping(jobs) && Object.keys(jobs).length === 0) {
    problems.add('LIB105', ['jobs'], 'has no job', { on: 'key', cure: 'Add a job: NAME: { table: NAME }.' });
  }
}

/** The source or sink that a job means; null, with a problem, where that is none. */
export function resolveName(job: Draft, room: 'source' | 'sink', names: readonly string[], problems: Problems): string | null {
  const value = job.data[room];
  const [first] = names;
  if (first === undefined) return null;
  const expected = `one of ${names.map(shownKey).join(', ')}`;
  if (value === undefined) {
    if (job.has(room)) return null;
    if (names.length === 1) return first;
    problems.addMissing(job.where(room), expected, `Add ${room}: NAME, to the job or to defaults.`);
    return null;
  }
  if (names.includes(value)) return value;
  const meant = isShown(problems.file, job.where(room)) ? suggest(value, names) : null;
  problems.addWrong(job.where(room), expected, meant === null ? undefined : `Did you mean ${shownKey(meant)}?`);
  return null;
}
