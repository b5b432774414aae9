import type { Config } from '../../config/config.ts';
import { type Validation, validateJob } from '../../engine/validate.ts';
import { Disposables } from '../../kit/disposables.ts';
import { asLiberateError } from '../../kit/errors.ts';
import type { Job } from '../../model/job.ts';
import type { Finding } from '../../model/report.ts';
import { lookbackText, privilegeText } from '../../observe/describe-guarantee.ts';
import { openSink } from '../../sink/registry.ts';
import { openSources } from '../compose.ts';
import { exitOfFindings, printFindings } from '../findings.ts';
import { chooseJobs, clean, load } from '../load.ts';
import { paints } from '../paint.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface ValidateOptions extends CommonOptions {
  readonly job: readonly string[];
  /** Only the file; nothing is connected. */
  readonly offline: boolean;
}

/** `liberate validate FILE`: the file, then every job against its database and every sink. Exit 0, 2 or 3. */
export async function validate(options: ValidateOptions, surroundings: Surroundings): Promise<number> {
  const { stdout, signal } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const validations = options.offline ? [] : await validateAll(config, jobs, stack, signal);
  const findings = [
    ...validations.flatMap((one) => one.findings),
    ...(options.offline ? [] : await sinkFindings(config, jobs, surroundings, stack)),
  ];
  if (options.json) stdout.write(`${JSON.stringify(asJson(validations, findings))}\n`);
  else print(config, validations, findings, surroundings);
  return exitOfFindings(findings);
}

async function validateAll(config: Config, jobs: readonly Job[], stack: Disposables, signal: AbortSignal): Promise<readonly Validation[]> {
  const sources = await openSources(config, jobs, stack);
  const validations: Validation[] = [];
  for (const job of jobs) {
    const use = sources.get(job.source);
    const sink = config.sinks[job.sink];
    if (use !== undefined && sink !== undefined) validations.push(await validateJob(job, use, sink, signal));
  }
  return validations;
}

async function sinkFindings(
  config: Config,
  jobs: readonly Job[],
  { stdout, signal }: Surroundings,
  stack: Disposables,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of new Set(jobs.map(({ sink }) => sink))) {
    const own = config.sinks[name];
    if (own === undefined) continue;
    try {
      findings.push(...(await stack.use(await openSink(own, { stdout })).check(signal)));
    } catch (thrown) {
      const { code, message, cure } = asLiberateError(thrown);
      findings.push({ severity: 'error', code, job: null, message: `sink "${name}": ${message}`, cure });
    }
  }
  return findings;
}

function asJson(validations: readonly Validation[], findings: readonly Finding[]): object {
  const jobs = validations
    .flatMap((one) => one.jobs)
    .map(({ plan, guarantee }) => ({
      job: plan.name,
      relation: plan.relationName,
      mode: plan.mode,
      cursor: plan.cursor.map(({ name }) => name),
      key: plan.key.map(({ name }) => name),
      topic: plan.topic.name,
      columns: plan.encoder.schema.fields.map(({ name, column }) => ({ name, type: column.native, nullable: column.nullable })),
      ...guarantee,
    }));
  return { jobs, findings };
}

function print(config: Config, validations: readonly Validation[], findings: readonly Finding[], surroundings: Surroundings): void {
  const { stdout, env } = surroundings;
  const paint = paints(stdout, env);
  for (const { plan, guarantee } of validations.flatMap((one) => one.jobs)) {
    const order = [...plan.cursor, ...plan.order].map(({ name }) => name).join(', ');
    stdout.write(
      `${paint.green('ok')}  ${plan.name}: ${plan.relationName} → ${plan.topic.name}, ${plan.mode}${order === '' ? '' : ` by ${order}`}\n`,
    );
    stdout.write(`    ${guarantee.guarantee} (${guarantee.method})\n`);
    stdout.write(`    privilege: ${privilegeText(guarantee)}; look-back: ${lookbackText(guarantee)}; ${guarantee.cost}\n`);
    if (guarantee.raise !== null) stdout.write(`    raised by: ${clean(config, guarantee.raise)}\n`);
  }
  printFindings(config, findings, surroundings);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  stdout.write(errors === 0 ? `${config.file} is valid\n` : `${errors} ${errors === 1 ? 'error' : 'errors'} in ${config.file}\n`);
}
