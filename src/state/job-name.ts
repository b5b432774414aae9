import { LiberateError } from '../kit/errors.ts';

const longest = 255;

/**
 * Refuses a name that some database would cut, or take for another job's: MySQL's utf8mb4_bin pads with
 * spaces, so `a` and `a ` are one key there; PostgreSQL has no NUL. The rule is one for every store, so that
 * an export fits each of them.
 */
export function checkJobName(job: string): void {
  const wrong =
    job === '' || job.endsWith(' ')
      ? 'is empty or ends in a space'
      : /[\0\p{Surrogate}]/u.test(job)
        ? 'holds a NUL or half a character'
        : [...job].length > longest
          ? `has ${[...job].length} characters; the most is ${longest}`
          : null;
  if (wrong !== null) throw new LiberateError('LIB103', `the job name ${JSON.stringify(job)} ${wrong}`, { place: { job } });
}
