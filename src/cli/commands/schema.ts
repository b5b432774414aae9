import type { Config } from '../../config/config.ts';
import type { SourceUse } from '../../engine/engine.ts';
import { errorFinding } from '../../engine/explain-job.ts';
import { isAdmissible, keptVersion, type SchemaView, viewSchemas } from '../../engine/schema-view.ts';
import { Disposables } from '../../kit/disposables.ts';
import type { Job } from '../../model/job.ts';
import type { Finding } from '../../model/report.ts';
import type { Sink } from '../../sink/sink.ts';
import { openRegistries, openSinks, openSources } from '../compose.ts';
import { exitOfFindings, printFindings } from '../findings.ts';
import { chooseJobs, clean, load } from '../load.ts';
import { paints } from '../paint.ts';
import { writeDocuments } from '../schema-files.ts';
import { checkAsJson, diffAsJson, viewAsJson } from '../schema-json.ts';
import { checkLines, diffLines, showLines } from '../schema-text.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface SchemaOptions extends CommonOptions {
  readonly job: readonly string[];
}

/** `liberate schema show FILE`: each stream's schema as it is now, and where consumers find it. */
export async function schemaShow(options: SchemaOptions, surroundings: Surroundings): Promise<number> {
  return look(options, surroundings, {
    json: viewAsJson,
    lines: (view, paint) => showLines(view, paint),
    exit: () => 0,
  });
}

/** `liberate schema diff FILE`: what is not as consumers were told, of the newest kept version or of one that is named. */
export async function schemaDiff(
  options: SchemaOptions & { readonly against: number | null },
  surroundings: Surroundings,
): Promise<number> {
  return look(options, surroundings, {
    json: (view) => diffAsJson(view, keptVersion(view, options.against)),
    lines: (view, paint) => diffLines(view, keptVersion(view, options.against), paint),
    exit: () => 0,
  });
}

/** `liberate schema check FILE`: whether each schema may leave. Nothing is registered or kept. Exit 1 where one would break its consumers. */
export async function schemaCheck(options: SchemaOptions, surroundings: Surroundings): Promise<number> {
  return look(options, surroundings, {
    json: checkAsJson,
    lines: (view, paint) => checkLines(view, paint),
    exit: (views) => (views.every(isAdmissible) ? 0 : 1),
  });
}

/** `liberate schema export FILE --to FOLDER`: the documents that consumers read by, as files. */
export async function schemaExport(options: SchemaOptions & { readonly to: string }, surroundings: Surroundings): Promise<number> {
  return look(options, surroundings, {
    json: async (view) => ({ job: view.plan.name, topic: view.plan.topic.name, files: await writeDocuments(view.plan.stream, options.to) }),
    lines: (view) => writeDocuments(view.plan.stream, options.to),
    exit: () => 0,
    asked: false,
  });
}

interface Telling {
  json(view: SchemaView): object | Promise<object>;
  lines(view: SchemaView, paint: ReturnType<typeof paints>): readonly string[] | Promise<readonly string[]>;
  exit(views: readonly SchemaView[]): number;
  /** Whether sink and registry are asked; by default they are. */
  readonly asked?: false;
}

/** A job that cannot be looked at hides no other: it is told at the end, and its exit code goes before. */
async function look(options: SchemaOptions, surroundings: Surroundings, telling: Telling): Promise<number> {
  const { stdout, signal, env } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const { views, findings } = await viewsOf({ config, jobs, stdout, asked: telling.asked ?? true }, stack, signal);
  if (options.json) {
    const told = [];
    for (const view of views) told.push(await telling.json(view));
    stdout.write(`${clean(config, JSON.stringify({ jobs: told, findings }))}\n`);
  } else {
    const paint = paints(stdout, env);
    for (const view of views) stdout.write(clean(config, `${(await telling.lines(view, paint)).join('\n')}\n`));
    printFindings(config, findings, surroundings);
  }
  return exitOfFindings(findings) || telling.exit(views);
}

interface Looking {
  readonly config: Config;
  readonly jobs: readonly Job[];
  readonly stdout: NodeJS.WritableStream;
  readonly asked: boolean;
}

async function viewsOf(
  { config, jobs, stdout, asked }: Looking,
  stack: Disposables,
  signal: AbortSignal,
): Promise<{ readonly views: readonly SchemaView[]; readonly findings: readonly Finding[] }> {
  const sources = await openSources(config, jobs, stack);
  const sinks = await openSinks(config, jobs, stdout, stack);
  const registries = await openRegistries(config, jobs);
  const views: SchemaView[] = [];
  const findings: Finding[] = [];
  for (const job of jobs) {
    try {
      const places = { sink: sinks.get(job.sink) as Sink, registry: registries.get(job.sink) ?? null, asked };
      views.push(...(await viewSchemas(job, sources.get(job.source) as SourceUse, places, signal)));
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      findings.push(errorFinding(thrown, job.name));
    }
  }
  return { views, findings };
}
