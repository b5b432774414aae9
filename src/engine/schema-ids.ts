import { LiberateError } from '../kit/errors.ts';
import { noSchemaIds, type SchemaIds } from '../model/format.ts';
import type { RegistryVerdict, SchemaRegistry, SubjectSchema } from '../registry/schema-registry.ts';
import { differenceText } from '../schema/compatibility/break-words.ts';
import type { Difference } from '../schema/compatibility/difference.ts';
import type { CycleContext } from './cycle.ts';
import type { JobPlan } from './job-plan.ts';

type Asking = Pick<CycleContext, 'plan' | 'registry'>;

/** What of a stream a registry knows. */
export function subjectsOf({ topic, stream }: Pick<JobPlan, 'topic' | 'stream'>): readonly SubjectSchema[] {
  return (['key', 'value'] as const).flatMap((part) => {
    const document = stream[part];
    return document === null ? [] : [{ topic: topic.name, part, document }];
  });
}

/**
 * The numbers of a plan's schemas; what the registry does not know is registered, once it has said of all of it that it fits.
 * `differences`: from the version before, for the message.
 * LIB701 when it does not, LIB706 when nothing may be registered.
 */
export async function registeredIds(
  { plan, registry }: Asking,
  differences: readonly Difference[],
  signal: AbortSignal,
): Promise<SchemaIds> {
  if (registry === null) return noSchemaIds;
  const subjects = subjectsOf(plan);
  const ids = await foundIds(registry, subjects, signal);
  const unknown = subjects.filter(({ part }) => ids[part] === null);
  if (!registry.registers) for (const schema of unknown) throw notThere(registry, schema);
  for (const schema of unknown) {
    const verdict = await registry.check(schema, signal);
    if (verdict.breaks.length > 0) throw broken({ plan, registry }, schema, verdict, differences);
  }
  const all: { -readonly [P in keyof SchemaIds]: SchemaIds[P] } = { ...ids };
  for (const schema of unknown) all[schema.part] = await registry.register(schema, signal);
  return all;
}

/** The numbers of what is there; nothing is registered. */
export async function foundIds(registry: SchemaRegistry, subjects: readonly SubjectSchema[], signal: AbortSignal): Promise<SchemaIds> {
  const all: { -readonly [P in keyof SchemaIds]: SchemaIds[P] } = { ...noSchemaIds };
  for (const schema of subjects) all[schema.part] = await registry.find(schema, signal);
  return all;
}

const notThere = (registry: SchemaRegistry, schema: SubjectSchema): LiberateError =>
  new LiberateError('LIB706', `the registry at ${registry.place} does not have this schema under the subject ${registry.subject(schema)}`);

/** Of what only the registry refuses. */
export const registryCure =
  'Undo the change, rename or cast by `columns:`, go on in another topic by `onSchemaChange: newTopic`, or have the rule of the subject changed in the registry: docs/schemas.md says where the two differ.';

function broken(
  { plan, registry }: { readonly plan: JobPlan; readonly registry: SchemaRegistry },
  schema: SubjectSchema,
  { breaks, rule }: RegistryVerdict,
  differences: readonly Difference[],
): LiberateError {
  const held = rule === null ? '' : `, whose rule is ${rule},`;
  const changed = differences.length === 0 ? '' : `. What has changed: ${differences.map(differenceText).join('; ')}`;
  const column = differences.length === 1 ? differences[0]?.column : undefined;
  return new LiberateError(
    'LIB701',
    `the registry at ${registry.place} says that it would break consumers of the subject ${registry.subject(schema)}${held} though by the job's \`compatibility: ${plan.job.compatibility}\` it may leave: ${breaks.join('; ')}${changed}`,
    {
      ...(column === undefined ? {} : { place: { column } }),
      cure: registryCure,
    },
  );
}

/** Whether the registry has nothing against a plan's schemas. It changes nothing. */
export async function fitsRegistry({ plan, registry }: Asking, signal: AbortSignal): Promise<boolean> {
  if (registry === null) return true;
  for (const schema of subjectsOf(plan)) {
    if ((await registry.find(schema, signal)) === null && (await registry.check(schema, signal)).breaks.length > 0) return false;
  }
  return true;
}
