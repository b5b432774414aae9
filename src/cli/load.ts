import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/read-jobs-file.ts';
import { LiberateError } from '../kit/errors.ts';
import { redactSecrets } from '../kit/redact.ts';
import type { Job } from '../model/job.ts';
import { ConfigRefused } from './config-refused.ts';
import { paints } from './paint.ts';
import type { CommonOptions, Surroundings } from './surroundings.ts';

/** Reads the jobs file; prints every problem at once and throws ConfigRefused when there is one. */
export async function load(options: Pick<CommonOptions, 'file' | 'json'>, { env, stderr, secrets }: Surroundings): Promise<Config> {
  const result = await loadConfig(options.file, env);
  const paint = paints(stderr, env);
  for (const { at, message, cure } of result.warnings) stderr.write(`${at}: ${paint.yellow('warning')}: ${message}. ${cure}\n`);
  if (result.ok) {
    for (const secret of result.config.secrets) secrets.add(secret);
    return result.config;
  }
  if (options.json) stderr.write(`${JSON.stringify({ problems: result.problems })}\n`);
  else {
    for (const { at, code, message, cure } of result.problems) stderr.write(`${at}: ${paint.red(code)}: ${message}. ${cure}\n`);
    const amount = result.problems.length;
    stderr.write(`${amount} ${amount === 1 ? 'mistake' : 'mistakes'} in ${options.file}\n`);
  }
  throw new ConfigRefused();
}

/** The enabled jobs, or those that `--job a,b` names (enabled or not). LIB109 for a name that is not there. */
export function chooseJobs(config: Config, names: readonly string[]): readonly Job[] {
  if (names.length === 0) return config.jobs.filter(({ enabled }) => enabled);
  return names.map((name) => {
    const job = config.jobs.find((one) => one.name === name);
    if (job !== undefined) return job;
    throw new LiberateError('LIB109', `${config.file} has no job "${name}"; it has: ${config.jobs.map((one) => one.name).join(', ')}`);
  });
}

/** What changes progress or publishes again must say for which jobs. */
export function requireJobs(names: readonly string[]): void {
  if (names.length === 0) throw new LiberateError('LIB110', 'the option --job is missing');
}

export const clean = (config: Config, text: string): string => redactSecrets(text, config.secrets);
