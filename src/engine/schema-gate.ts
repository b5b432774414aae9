import { LiberateError } from '../kit/errors.ts';
import { noSchemaIds, type SchemaIds } from '../model/format.ts';
import type { SchemaDocument } from '../model/schema-document.ts';
import type { JobState } from '../model/state.ts';
import { breakText } from '../schema/compatibility/break-words.ts';
import { type SchemaVersion, type Verdict, verdictOf } from '../schema/compatibility/compatibility.ts';
import { documentsOf } from '../schema/documents.ts';
import { modelAsJson, modelOfJson } from '../schema/kept-model.ts';
import { fieldNumbers } from '../schema/protobuf/field-numbers.ts';
import { streamFingerprint } from '../schema/stream-fingerprint.ts';
import type { KeptSchema } from '../sink/schema-keeper.ts';
import { type CycleContext, commitState } from './cycle.ts';
import { type JobPlan, planJob } from './job-plan.ts';
import { foundIds, registeredIds, subjectsOf } from './schema-ids.ts';
import { refuseOtherVersion } from './topic-version.ts';

/** A plan whose schema may leave. */
export interface Admission {
  /** The plan that it was asked for. */
  readonly of: JobPlan;
  /** The same with the numbers of its schemas. */
  readonly plan: JobPlan;
  readonly told: Pick<JobState, 'schema' | 'schemaIds'>;
}

type Asking = Pick<CycleContext, 'plan' | 'sink' | 'registry' | 'store' | 'observer' | 'clock' | 'fence' | 'memory'>;

/**
 * The context of a plan whose schema consumers can read: to be asked for before the first row of whatever publishes, under the job's lease.
 * Where the state says that the stream was told as it is now, nothing is read or written. Otherwise its history judges it, then the
 * registry; LIB701 when it breaks consumers. What is new is registered, then kept, then committed: a crash in between is
 * made up for by the next try, which finds what is there already.
 */
export async function admitted<C extends Asking>(context: C, known: JobState | null | 'unknown', signal: AbortSignal): Promise<C> {
  const { plan, memory, store } = context;
  if (memory.admission?.of !== plan) {
    memory.admission = await admit(context, known === 'unknown' ? await store.load(plan.name) : known, signal);
  }
  return { ...context, plan: memory.admission.plan };
}

/** What the state says of the stream once its plan is admitted. */
export const toldOf = ({ plan, memory }: Pick<CycleContext, 'plan' | 'memory'>): Admission['told'] =>
  memory.admission?.told ?? { schema: plan.encoder.schema.fingerprint };

async function admit(context: Asking, state: JobState | null, signal: AbortSignal): Promise<Admission> {
  const { plan } = context;
  if (state !== null) refuseOtherVersion(plan, state);
  const schema = toldFingerprint(context);
  if (state?.schema === schema) return admissionOf(plan, schema, state.schemaIds ?? noSchemaIds);
  const judged = await judgeSchema(context, signal);
  if (judged !== null && !judged.verdict.ok) throw brokenBy(plan, judged);
  const told = inItsNumbers(plan, judged);
  const ids = await registeredIds({ ...context, plan: told }, judged?.verdict.differences ?? [], signal);
  if (judged !== null) await keep({ ...context, plan: told }, judged.history, signal);
  const admission = admissionOf(plan, schema, {
    ...ids,
    ...(told.input.ids?.fields === undefined ? {} : { fields: told.input.ids.fields }),
  });
  // Here, and not with the first rows: a poll that finds none commits nothing, and would ask again at each start.
  if (state !== null) await commitState(context, { ...withoutIds(state), ...admission.told });
  return admission;
}

/** By which a state knows what consumers were told, and where. */
function toldFingerprint({ plan, sink, registry }: Pick<Asking, 'plan' | 'sink' | 'registry'>): string {
  return streamFingerprint(plan.stream, `${sink.name} ${registry?.identity ?? ''}`);
}

function admissionOf(plan: JobPlan, schema: string, ids: SchemaIds): Admission {
  if (ids.key === null && ids.value === null) return { of: plan, plan, told: { schema } };
  return { of: plan, plan: withIds(plan, ids), told: { schema, schemaIds: ids } };
}

/** The plan with the numbers that its schemas have, as far as they have any: for what only looks. It writes nothing. */
export async function asKnown(context: Pick<Asking, 'plan' | 'sink' | 'registry' | 'store'>, signal: AbortSignal): Promise<JobPlan> {
  const { plan, registry, store } = context;
  const subjects = subjectsOf(plan);
  if (registry === null || subjects.length === 0) return plan;
  const state = await store.load(plan.name);
  if (state?.schema === toldFingerprint(context) && state.schemaIds !== undefined) return withIds(plan, state.schemaIds);
  const numbered = inItsNumbers(plan, await judgeSchema(context, signal));
  return withIds(numbered, { ...numbered.input.ids, ...(await foundIds(registry, subjectsOf(numbered), signal)) });
}

/** The plan as it encodes with these numbers. */
function withIds(plan: JobPlan, ids: SchemaIds): JobPlan {
  const { encoder, refused } = planJob({ ...plan.input, ids });
  return { ...plan, encoder, refused };
}

/** The plan as it is registered and kept: of Protobuf, with the numbers that its fields have by their history. */
export function inItsNumbers(plan: JobPlan, judged: JudgedSchema | null): JobPlan {
  const newest = judged?.versions.at(-1);
  if (plan.stream.format !== 'protobuf' || newest === undefined) return plan;
  const fields = fieldNumbers(newest.model, plan.stream.model);
  return fields === null ? plan : planJob({ ...plan.input, ids: { ...noSchemaIds, fields } });
}

function withoutIds({ schemaIds: _, ...state }: JobState): JobState {
  return state;
}

export interface JudgedSchema {
  /** Oldest first. */
  readonly history: readonly KeptSchema[];
  /** The same, as they are compared. */
  readonly versions: readonly (KeptSchema & SchemaVersion)[];
  readonly verdict: Verdict;
}

/** The plan's schema as its history judges it; null: the sink keeps none. It writes nothing. */
export async function judgeSchema({ plan, sink }: Pick<Asking, 'plan' | 'sink'>, signal: AbortSignal): Promise<JudgedSchema | null> {
  if (sink.schemas === null) return null;
  const topic = plan.topic.name;
  const place = sink.schemas.place(topic);
  const history = await sink.schemas.history(topic, signal);
  const versions = history.map((kept) => ({ ...kept, model: modelOfJson(kept.model, place) }));
  return { history, versions, verdict: verdictOf(versions, plan.stream, plan.job.compatibility) };
}

function brokenBy(plan: JobPlan, { verdict }: JudgedSchema): LiberateError {
  const [first] = verdict.breaks;
  return new LiberateError('LIB701', `${plan.topic.name} would break its consumers: ${verdict.breaks.map(breakText).join('; ')}`, {
    place: { job: plan.name, column: first?.difference.column },
    ...(first === undefined || first.difference.cure === null ? {} : { cure: first.difference.cure }),
  });
}

/** As the newest of the history, where it is not that already. */
async function keep({ plan, sink, clock, observer }: Asking, history: readonly KeptSchema[], signal: AbortSignal): Promise<void> {
  const { stream, topic } = plan;
  const { schemas } = sink;
  const { model, format, keyFormat, envelope } = stream;
  const { key, value } = documentsOf(stream);
  const documents = { key: asJson(key), value: asJson(value) };
  const form = { fingerprint: model.fingerprint, format, keyFormat, envelope, model: modelAsJson(model), documents };
  const newest = history.at(-1);
  if (schemas === null || (newest !== undefined && isSame(newest, form))) return;
  const version = history.length + 1;
  await schemas.keep(topic.name, { version, ...form, at: new Date(clock.now()).toISOString() }, signal);
  if (version === 1) return;
  const message = `its schema has changed, and consumers can read it: version ${version} of ${topic.name} in ${schemas.place(topic.name)}`;
  observer({ type: 'job.notice', job: plan.name, message, cure: null });
}

/** With JSON as JSON, and not as the text of a text. */
function asJson(document: SchemaDocument | null): object | null {
  if (document === null) return null;
  const { type, text } = document;
  return { type, schema: type === 'PROTOBUF' ? text : (JSON.parse(text) as unknown) };
}

function isSame({ version: _, at: __, ...kept }: KeptSchema, form: Omit<KeptSchema, 'version' | 'at'>): boolean {
  const parts = ({ fingerprint, format, keyFormat, envelope, model, documents }: typeof form): string =>
    JSON.stringify([fingerprint, format, keyFormat, envelope, model, documents]);
  return parts(kept) === parts(form);
}
