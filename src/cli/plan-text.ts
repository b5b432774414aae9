import type { PlannedJob } from '../engine/explain-job.ts';
import { count } from '../observe/describe-event.ts';
import { guaranteeLines } from '../observe/describe-guarantee.ts';
import type { Explained } from '../query/explained.ts';
import { jsonType } from '../schema/json/type.ts';
import { jobKeys } from './job-keys.ts';
import type { paints } from './paint.ts';
import { planSchemaText } from './schema-text.ts';

type Paint = ReturnType<typeof paints>;

const width = 12;

/** A label, and its text or texts behind it, one a line. */
function labelled(paint: Paint, label: string, texts: string | readonly string[]): readonly string[] {
  const lines = typeof texts === 'string' ? texts.split('\n') : texts;
  return lines.map((text, at) => `  ${paint.cyan((at === 0 ? label : '').padEnd(width))}${text}`);
}

/** A job's plan for a person: readable without colours, and each line stands for itself. */
export function planLines(planned: PlannedJob, paint: Paint): readonly string[] {
  const { plan, guarantee, load, poll, lookback, nulls, wake } = planned;
  const names = (columns: readonly { readonly name: string }[]): string => columns.map(({ name }) => name).join(', ') || 'none';
  const line = (label: string, texts: string | readonly string[]): readonly string[] => labelled(paint, label, texts);
  return [
    paint.bold(plan.name),
    ...line('reads', `${plan.relationName} of source ${plan.job.source}, ${planned.database}`),
    ...line('topic', topicText(planned)),
    ...line('mode', plan.mode),
    ...line('cursor', names(plan.cursor)),
    ...line('key', names(plan.key)),
    ...line('keys', wrap(jobKeys(plan.job).map(([key, value]) => `${key}: ${value}`))),
    ...line('event', eventLines(planned)),
    ...line('schema', planned.schema === null ? 'what was told of it could not be asked' : planSchemaText(planned.schema)),
    ...guaranteeLines(guarantee).flatMap(([label, text]) => line(label, label === 'cost' ? costText(planned) : text)),
    ...line('load', sqlLines(load)),
    ...line('poll', poll === null ? (planned.unknown ?? 'none') : sqlLines(poll)),
    ...(lookback === null
      ? []
      : line('look-back', ['while ids below the mark are missing (here one stands for them), instead:', ...sqlLines(lookback)])),
    ...(nulls === null ? [] : line('nulls', sqlLines(nulls))),
    ...line('explain', [`of the ${poll === null ? 'load' : 'poll'}, as ${planned.database} prints it:`, ...(poll ?? load).lines]),
    ...line('verdict', verdictText(planned, paint)),
    ...line('index', indexText(planned)),
    ...(wake === null ? [] : line('wake', ['the owner of the tables runs once:', ...wake.split('\n')])),
  ];
}

function topicText({ plan, topic }: PlannedJob): string {
  const of = `${plan.topic.name} of sink ${plan.job.sink}`;
  if (topic === null) return `${of}, which could not be asked`;
  const partitions = topic.partitions === null ? '' : `, ${count(topic.partitions)} partitions`;
  const policy = topic.policy === null ? '' : `, cleanup.policy=${topic.policy}`;
  return `${of}, ${topic.exists ? 'there' : 'will be made at the first run'}${partitions}${policy}${plan.topic.keyed ? '' : ', without keys'}`;
}

function eventLines({ plan }: PlannedJob): readonly string[] {
  const { fields } = plan.encoder.schema;
  const cells = fields.map(({ name, column }) => [
    name === column.name ? name : `${name} (${column.name})`,
    `${column.native}${column.nullable ? '' : ' NOT NULL'}`,
    jsonType(column.type),
  ]);
  const longest = (at: number): number => Math.max(...cells.map((row) => row[at]?.length ?? 0));
  return cells.map(([name = '', native = '', json = '']) => `${name.padEnd(longest(0))}  ${native.padEnd(longest(1))}  → ${json}`);
}

function sqlLines({ sql, binds }: Explained): readonly string[] {
  const place = sql.includes('$1') ? '$' : '?';
  const told = binds.map((bind, at) => `${place}${at + 1} = ${bind}`).join(', ');
  return [...sql.split('\n'), ...(told === '' ? [] : [`binds: ${told}`])];
}

function costText({ guarantee, reread, plan }: PlannedJob): string {
  if (plan.mode === 'bulk') return guarantee.cost;
  return `${guarantee.cost}; ${reread === null ? 'how many is not told by this database' : `about ${count(reread)} ${reread === 1 ? 'row' : 'rows'} a poll now`}`;
}

function indexText({ advice, plan, poll, load }: PlannedJob): string {
  if (advice !== null) return `${advice.sql};`;
  const whole = ((poll ?? load).scans ?? []).length > 0;
  if (plan.relation.kind === 'table' || !whole) return 'nothing to add';
  return 'not told for a query: bound the cursor inside it by :since, each time with an index on what is bounded';
}

function verdictText({ verdict, poll, lookback, plan }: PlannedJob, paint: Paint): string {
  if (plan.mode === 'bulk' || poll === null || poll.scans === null) return verdict;
  return poll.scans.length === 0 && (lookback?.scans ?? []).length === 0 ? paint.green(verdict) : paint.yellow(verdict);
}

/** Short texts in lines of some 100 characters. */
function wrap(texts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length < 100) lines[lines.length - 1] = `${last} · ${text}`;
    else lines.push(text);
  }
  return lines;
}
