import { LiberateError } from '../kit/errors.ts';
import type { Job } from '../model/job.ts';
import type { RegistryVerdict, SchemaRegistry } from '../registry/schema-registry.ts';
import type { Sink } from '../sink/sink.ts';
import type { SourceUse } from './engine.ts';
import { type JobPlan, planJob } from './job-plan.ts';
import { reportsOf } from './resolve.ts';
import { inItsNumbers, type JudgedSchema, judgeSchema } from './schema-gate.ts';
import { subjectsOf } from './schema-ids.ts';

/** A schema of a stream as a registry has it. */
export interface RegisteredSchema extends RegistryVerdict {
  readonly subject: string;
  /** null: it is not there. */
  readonly id: number | null;
}

/** All that is known of a stream's schema, without changing anything. */
export interface SchemaView {
  readonly plan: JobPlan;
  /** null: the sink keeps no schemas. */
  readonly kept: (JudgedSchema & { readonly place: string }) | null;
  /** null: there is none, or the stream's formats need none. */
  readonly registry: { readonly place: string; readonly schemas: readonly RegisteredSchema[] } | null;
}

/** Where a job's schemas are told. */
export interface ToldPlaces {
  readonly sink: Sink;
  readonly registry: SchemaRegistry | null;
  /** false: nobody is asked but for the numbers of Protobuf's fields, which go by what was told. */
  readonly asked: boolean;
}

/** Looks at the relations of a job as they are now, at what was told of them, and at what the registry says. Nothing is registered or kept. */
export async function viewSchemas(
  job: Job,
  use: Pick<SourceUse, 'source' | 'timezone'>,
  places: ToldPlaces,
  signal: AbortSignal,
): Promise<readonly SchemaView[]> {
  return reportsOf(job, use, null, (plan) => viewSchema(plan, places, signal), signal);
}

/** The plan for the newest version of its topic that has consumers. The state knows it too, which a check in CI may not reach. */
async function inToldVersion(plan: JobPlan, sink: Sink, signal: AbortSignal): Promise<JobPlan> {
  if (plan.job.onSchemaChange !== 'newTopic' || sink.schemas === null) return plan;
  const next = planJob({ ...plan.input, topicVersion: plan.topicVersion + 1 });
  const history = await sink.schemas.history(next.topic.name, signal);
  return history.length === 0 ? plan : inToldVersion(next, sink, signal);
}

export async function viewSchema(given: JobPlan, { sink, registry, asked }: ToldPlaces, signal: AbortSignal): Promise<SchemaView> {
  if (!asked && given.stream.format !== 'protobuf') return { plan: given, kept: null, registry: null };
  const current = await inToldVersion(given, sink, signal);
  const judged = await judgeSchema({ plan: current, sink }, signal);
  const plan = inItsNumbers(current, judged);
  const kept = judged === null ? null : { ...judged, place: sink.schemas?.place(plan.topic.name) ?? '' };
  return { plan, kept, registry: registry === null || !asked ? null : await askRegistry(plan, registry, signal) };
}

async function askRegistry(plan: JobPlan, registry: SchemaRegistry, signal: AbortSignal): Promise<SchemaView['registry']> {
  const schemas: RegisteredSchema[] = [];
  for (const schema of subjectsOf(plan)) {
    const id = await registry.find(schema, signal);
    const verdict = id === null ? await registry.check(schema, signal) : { breaks: [], rule: null };
    schemas.push({ subject: registry.subject(schema), id, ...verdict });
  }
  return schemas.length === 0 ? null : { place: registry.place, schemas };
}

/** Whether the present schema may leave: by the history's rules, and by the registry's. */
export const isAdmissible = ({ kept, registry }: SchemaView): boolean =>
  (kept?.verdict.ok ?? true) && (registry?.schemas ?? []).every(({ breaks }) => breaks.length === 0);

/** The kept version of a number; the newest for null. LIB110 where there is none of that number. */
export function keptVersion({ kept, plan }: SchemaView, number: number | null): JudgedSchema['versions'][number] | null {
  const versions = kept?.versions ?? [];
  if (number === null) return versions.at(-1) ?? null;
  const found = versions.find(({ version }) => version === number);
  if (found !== undefined) return found;
  const there = versions.length === 0 ? 'none is kept' : `there are 1 to ${versions.length}`;
  throw new LiberateError('LIB110', `there is no version ${number} of the schema of ${plan.topic.name}: ${there}`, {
    place: { job: plan.name },
  });
}
