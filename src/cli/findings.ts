import type { Config } from '../config/config.ts';
import { type ErrorCode, errorTable } from '../kit/errors.ts';
import type { Finding } from '../model/report.ts';
import { clean } from './load.ts';
import { paints } from './paint.ts';
import type { Surroundings } from './surroundings.ts';

/** A line each, for a person. */
export function printFindings(config: Config, findings: readonly Finding[], { stdout, env }: Surroundings): void {
  const paint = paints(stdout, env);
  const words = { error: paint.red('error'), warning: paint.yellow('warning'), info: paint.dim('note') };
  for (const { severity, code, job, message, cure } of findings) {
    const who = [code ?? '', job === null ? '' : `job "${job}"`].filter((part) => part !== '').join(' ');
    stdout.write(clean(config, `${words[severity]}  ${who}${who === '' ? '' : ': '}${message}${cure === null ? '' : `. ${cure}`}\n`));
  }
}

/** What cannot be reached says nothing about the file: 3, when that is all there is. */
export function exitOfFindings(findings: readonly Finding[]): number {
  const exits = findings.filter(({ severity }) => severity === 'error').map(({ code }) => errorTable[(code ?? 'LIB901') as ErrorCode].exit);
  if (exits.length === 0) return 0;
  return exits.every((exit) => exit === 3) ? 3 : 2;
}
