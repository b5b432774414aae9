import type { QueryText } from './normalise-job.ts';
import type { Path } from './problem.ts';
import { readFrom } from './read-file.ts';
import type { Scope } from './scope.ts';

const isPath = (text: string): boolean => /^\S[^\n]*\.sql$/i.test(text.trim());

/** Comments before the first word of a statement. */
const leading = /^(?:\s|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*/;

/** `query:` as text: of the file it names, or itself. Null, with a problem, when there is none. */
export function queryText(value: string, path: Path, scope: Scope): QueryText | null {
  const { problems, readFile } = scope;
  const file = isPath(value) ? value.trim() : null;
  let text = value;
  if (file !== null) {
    const read = readFrom(problems.file.directory, file, readFile);
    if ('reason' in read) {
      problems.add('LIB101', path, `names an .sql file that cannot be read: ${read.reason}`, {
        cure: 'Give the path of a readable file, relative to the jobs file.',
      });
      return null;
    }
    text = read.text;
  }
  const statement = text.replace(leading, '');
  if (/^(select|with|values|table)\b/i.test(statement)) return { text, file };
  const cure = file === null ? 'Write a SELECT, or a path that ends in .sql.' : 'Let the file begin with SELECT or WITH.';
  problems.add('LIB103', path, 'is no SELECT', { cure });
  return null;
}
