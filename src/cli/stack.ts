import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The URL of a file, and the line in it. */
const frame = /(file:\/\/[^\s()]+):(\d+):\d+\)?$/gm;

/** A stack in which each line in a bundled file is followed by the source file that the code is of. */
export function withSources(stack: string): string {
  return stack.replaceAll(frame, (whole, url: string, line: string) => {
    const source = sourcesIn(url)[Number(line) - 1] ?? null;
    return source === null ? whole : `${whole} ${source}`;
  });
}

/**
 * The source file of each line of a bundled file, where each one's code follows a comment with its path:
 * `src/…`, or a file of a package, its name first. None of any other file.
 */
export function sourcesIn(url: string): readonly (string | null)[] {
  if (!/^file:.*\/dist\/.*\.js$/.test(url)) return [];
  try {
    let source: string | null = null;
    return readFileSync(fileURLToPath(url), 'utf8')
      .split('\n')
      .map((line) => {
        const path = /^\/\/ (\S+\.[cm]?[jt]s)$/.exec(line)?.[1];
        source = path?.replace(/^.*node_modules\//, '') ?? source;
        return source;
      });
  } catch {
    // A stack is told as it is rather than not at all.
    return [];
  }
}
