import { registryCure } from '../engine/schema-ids.ts';
import { isAdmissible, type RegisteredSchema, type SchemaView } from '../engine/schema-view.ts';
import { breakText, differenceText, whoBreaks } from '../schema/compatibility/break-words.ts';
import { compareSchemas, type Direction, type SchemaVersion } from '../schema/compatibility/compatibility.ts';
import type { Difference } from '../schema/compatibility/difference.ts';
import type { EventField } from '../schema/event-model.ts';
import type { KeptSchema } from '../sink/schema-keeper.ts';
import type { paints } from './paint.ts';
import { documentFiles } from './schema-files.ts';

type Paint = ReturnType<typeof paints>;

const width = 14;

function labelled(paint: Paint, label: string, lines: readonly string[]): readonly string[] {
  return lines.map((text, at) => `  ${paint.cyan((at === 0 ? label : '').padEnd(width))}${text}`.trimEnd());
}

/** `liberate schema show`: the schema of a stream, readable without colours. */
export function showLines(view: SchemaView, paint: Paint): readonly string[] {
  const { plan } = view;
  const { model, format, keyFormat, envelope } = plan.stream;
  return [
    paint.bold(plan.name),
    ...labelled(paint, 'topic', [`${plan.topic.name} of sink ${plan.job.sink}`]),
    ...labelled(paint, 'format', [`${format}, keys ${model.key.length === 0 ? 'none' : keyFormat}, envelope ${envelope}`]),
    ...labelled(paint, 'fingerprint', [model.fingerprint]),
    ...labelled(paint, 'kept', [keptText(view)]),
    ...labelled(paint, 'compatibility', [plan.job.compatibility]),
    ...labelled(paint, 'registry', registryTexts(view)),
    ...labelled(paint, 'fields', fieldTexts(model.fields)),
    ...documentFiles(plan.stream).flatMap(({ part, text }) => labelled(paint, `${part} schema`, text.trimEnd().split('\n'))),
    '',
  ];
}

function fieldTexts(fields: readonly EventField[]): readonly string[] {
  const cells = fields.map(({ name, column, native, nullable, key, cursor }) => [
    name === column ? name : `${name} (${column})`,
    `${native}${nullable ? '' : ' NOT NULL'}`,
    [key ? 'key' : '', cursor ? 'cursor' : ''].filter((role) => role !== '').join(', '),
  ]);
  const longest = (at: number): number => Math.max(...cells.map((row) => row[at]?.length ?? 0));
  return cells.map(([name = '', native = '', roles = '']) =>
    `${name.padEnd(longest(0))}  ${native.padEnd(longest(1))}  ${roles}`.trimEnd(),
  );
}

/** Which version consumers were told last, and where. */
export function keptText({ kept }: Pick<SchemaView, 'kept'>): string {
  if (kept === null) return 'nowhere: the sink keeps no schemas';
  const newest = kept.versions.at(-1);
  return newest === undefined ? `nothing yet in ${kept.place}` : `${versionText(newest)} in ${kept.place}`;
}

const versionText = ({ version, at, fingerprint }: KeptSchema): string => `version ${version} of ${at} (${fingerprint})`;

function registryTexts({ registry }: SchemaView): readonly string[] {
  return registry === null ? [] : [registry.place, ...registry.schemas.map(registeredText)];
}

function registeredText({ subject, id, breaks, rule }: RegisteredSchema): string {
  if (id !== null) return `${subject} is number ${id}`;
  return breaks.length === 0
    ? `${subject} is not there yet, and would be taken`
    : `${subject}${rule === null ? '' : `, whose rule is ${rule},`} is refused: ${breaks.join('; ')}`;
}

/** `liberate schema diff`: from a version to what the source has now. */
export function diffLines(view: SchemaView, was: (KeptSchema & SchemaVersion) | null, paint: Paint): readonly string[] {
  const { plan } = view;
  if (was === null) return [`${paint.bold(plan.name)}: ${keptText(view)}, so there is nothing to compare with`, ''];
  const differences = compareSchemas(was, plan.stream);
  const head = `${paint.bold(plan.name)}: from ${versionText(was)} to now (${plan.stream.model.fingerprint})`;
  return [head, ...(differences.length === 0 ? ['  no difference'] : differences.flatMap((one) => differenceLines(one, paint))), ''];
}

function differenceLines(difference: Difference, paint: Paint): readonly string[] {
  const broken = (['backward', 'forward'] as const).flatMap((direction: Direction) => {
    const why = difference.breaks[direction];
    return why === null ? [] : [`      ${paint.yellow(`not ${direction}`)}: ${whoBreaks[direction]}, since ${why}`];
  });
  const cure = difference.cure === null ? [] : [`      ${difference.cure}`];
  return [`  ${differenceText(difference)}`, ...broken, ...cure];
}

/** `liberate schema check`: may it leave? */
export function checkLines(view: SchemaView, paint: Paint): readonly string[] {
  const { plan, kept, registry } = view;
  const verdict = isAdmissible(view) ? paint.green('ok') : paint.red('broken');
  const head = `${verdict}  ${plan.name}, ${plan.job.compatibility}: ${verdictText(view)}`;
  const broken = (kept?.verdict.breaks ?? []).flatMap((one) => [
    `    against version ${one.at + 1}: ${breakText(one)}`,
    ...(one.difference.cure === null ? [] : [`      ${one.difference.cure}`]),
  ]);
  const refused = (registry?.schemas ?? []).filter(({ breaks }) => breaks.length > 0);
  const said = refused.map((one) => `    ${registry?.place}: ${registeredText(one)}`);
  if (refused.length === 0 || broken.length > 0) return [head, ...new Set(broken), ...said];
  // A registry speaks of its documents; what has changed is told in the words of the source.
  const changed = (kept?.verdict.differences ?? []).map((one) => `      ${differenceText(one)}`);
  return [head, ...said, ...changed, `      ${registryCure}`];
}

/** The schema's line in `liberate plan`. */
export const planSchemaText = (view: SchemaView): string => `${view.plan.stream.model.fingerprint}, ${verdictText(view)}`;

/** The verdict in a line. */
export function verdictText(view: SchemaView): string {
  const { kept } = view;
  const newest = kept?.versions.at(-1);
  if (kept === null || newest === undefined) return `${keptText(view)}, so there is nothing to compare with`;
  const { differences, breaks } = kept.verdict;
  const than = `version ${newest.version} in ${kept.place}`;
  if (breaks.length > 0) {
    const amount = new Set(breaks.map(({ difference }) => `${difference.kind} ${difference.field}`)).size;
    return `${amount} ${amount === 1 ? 'change' : 'changes'} since ${than} would break consumers`;
  }
  if (differences.length === 0) return `as ${than}`;
  return `${differences.length} ${differences.length === 1 ? 'difference' : 'differences'} from ${than}, which consumers can read`;
}
