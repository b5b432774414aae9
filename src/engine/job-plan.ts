import { LiberateError } from '../kit/errors.ts';
import type { Column, Relation, Shape } from '../model/column.ts';
import type { Deletion } from '../model/deletion.ts';
import { noSchemaIds, type SchemaIds } from '../model/format.ts';
import type { Job, Mode } from '../model/job.ts';
import type { TopicSpec } from '../model/record.ts';
import type { Definition } from '../model/state.ts';
import { shownMark, type Watermark } from '../model/watermark.ts';
import type { ReadRequest } from '../query/request.ts';
import type { Encoder, Field } from '../schema/encoder.ts';
import { encoderOf } from '../schema/encoder-of.ts';
import { noOrigin, type Origin } from '../schema/envelope/origin.ts';
import { eventModel } from '../schema/event-model.ts';
import { numbered } from '../schema/protobuf/field-numbers.ts';
import { type EventTime, eventTime, type MarkTime, markTime } from '../schema/shape/event-time.ts';
import type { StreamSchema } from '../schema/stream-schema.ts';
import { streamSchemaOf } from '../schema/stream-schema-of.ts';
import { withTombstones } from '../schema/tombstones.ts';
import { deletionOf } from './deletion.ts';
import { resolveMode } from './mode.ts';
import { type Partition, partitionOf } from './partition-rule.ts';
import { type FindColumn, impliedKey, readingOrder } from './reading-order.ts';
import { forgiving, withSureKey } from './refusals.ts';
import { relationIdentity, relationName } from './relation-identity.ts';
import type { RowTexts } from './row-text.ts';
import { besideColumns, masksOf, shapedEvents, shapedSchema, timeColumns, withMasked } from './shaped-event.ts';
import { type TopicNames, topicName } from './topic-name.ts';

/** A job that meets a real relation: everything a cycle needs to know, decided once. */
export interface JobPlan {
  /** The job's name; `job/schema.table` where a wildcard made several. */
  readonly name: string;
  readonly job: Job;
  readonly mode: Mode;
  readonly relation: Relation;
  /** `shop.orders`, or `query queries/x.sql`. */
  readonly relationName: string;
  readonly shape: Shape;
  readonly cursor: readonly Column[];
  /** The event's key; empty: none. */
  readonly key: readonly Column[];
  /** The columns that break ties in the reading order. */
  readonly order: readonly Column[];
  /** What each row's values hold: the event's fields, then what only the key or the event time needs. */
  readonly columns: readonly Column[];
  /** By column, what hides its text wherever a row is shown; null: the job masks nothing. */
  readonly masks: RowTexts['masks'];
  /** What decides the partitions; null: the keys. */
  readonly partition: Partition | null;
  /** What marks rows as deleted; null: nothing. The encoder gives their tombstones. */
  readonly deleted: Deletion | null;
  /** What consumers are told of the events. */
  readonly stream: StreamSchema;
  /** Where the rows come from, as an envelope tells it. */
  readonly origin: Origin;
  readonly encoder: Encoder;
  /** Of the record. */
  readonly eventTime: EventTime;
  /** The cursor's own, which tells how late a row is; null: the cursor is no stamp. */
  readonly lagTime: EventTime | null;
  readonly markTime: MarkTime;
  /** Why the row that the encoder was given last has no event; null: it has one. */
  readonly refused: () => LiberateError | null;
  readonly topic: TopicSpec;
  /** From 1; a change that broke consumers began another. */
  readonly topicVersion: number;
  /** Mode incrementing: a session may keep ids for later, and a new transaction of it insert a lower one. */
  readonly cached: boolean;
  /** The topic of the dead letters, whether the job writes any or not. */
  readonly deadLetterTopic: string;
  /** The same as the job writes to it; null: it stops at a row that cannot be published. */
  readonly letters: TopicSpec | null;
  readonly definition: Definition;
  /** What it was made of, to be made again. */
  readonly input: PlanInput;
}

export interface PlanInput {
  readonly name: string;
  readonly job: Job;
  readonly relation: Relation;
  readonly shape: Shape;
  readonly timezone: string | null;
  readonly topicNames: TopicNames;
  /** Left out: the first. */
  readonly topicVersion?: number;
  /** Where the rows come from, as an envelope tells it; left out: of a plan that publishes nothing. */
  readonly origin?: Origin;
  /** Once a registry has told them. */
  readonly ids?: SchemaIds;
}

/** LIB108, LIB204, LIB206, LIB208 when the job does not fit the relation. */
export function planJob(input: PlanInput): JobPlan {
  const { job, relation } = input;
  const shape = withMasked(input.shape, job);
  const column = finder(shape);
  const cursor = job.cursor.map((name) => column(name, 'cursor'));
  checkRules(job, column);
  const mode = resolveMode(job, cursor);
  refuseStrictOrder(job, mode, cursor);
  const declared = (job.key ?? shape.primaryKey).map((name) => column(name, 'key'));
  const order = readingOrder(job, mode, cursor, declared, column);
  const key = declared.length > 0 ? declared : impliedKey(mode, cursor, order);
  // A reconcile reads in key order, whatever the polls go by.
  refuseUnordered([...cursor, ...order, ...(job.reconcile === null ? [] : key)]);
  const schema = shapedSchema(shape, job, key);
  refuseTwins(schema.fields);
  const beside = besideColumns(job, column);
  const published = schema.fields.map((field) => column(field.column.name, 'published'));
  const columns = withHidden(published, [...key, ...cursor, ...beside]);
  const names = columns.map(({ name }) => name);
  const timed = mode === 'timestamp' || mode === 'timestamp+incrementing';
  const deleted = deletionOf(job, shape);
  if (deleted !== null) refuseKeyless(key);
  const loose = key.filter(({ name, nullable }) => nullable && !isSure(name, order, cursor, job));
  const topicVersion = input.topicVersion ?? 1;
  const topic = { name: topicName(job.topic, job.name, input.topicNames, topicVersion), keyed: key.length > 0 };
  const stream = streamSchemaOf(numbered(eventModel(topic.name, schema, cursor), input.ids?.fields), job);
  const origin = input.origin ?? { ...noOrigin, name: job.source };
  const exact = encoderOf(schema, stream, names, input.ids ?? noSchemaIds, origin);
  const shaped = shapedEvents(exact, { job, columns, timezone: input.timezone });
  const sure = loose.length === 0 ? shaped : withSureKey(shaped, loose, columns);
  const encoder = deleted === null ? sure : withTombstones(sure);
  const masks = masksOf(columns, job);
  const forgives = job.onBadRow === 'deadletter' ? forgiving(encoder, { columns, masks }) : null;
  const deadLetterTopic = topicName(job.deadLetterTopic, job.name, input.topicNames);
  refuseSameTopic(topic.name, deadLetterTopic);
  return {
    name: input.name,
    job,
    mode,
    relation,
    relationName: relationName(job, relation),
    shape,
    cursor,
    key,
    order,
    columns,
    masks,
    partition: partitionOf(job, mode, key),
    deleted,
    stream,
    origin,
    encoder: forgives ?? encoder,
    refused: forgives?.refused ?? (() => null),
    markTime: timed ? markTime(input.timezone) : () => null,
    eventTime: eventTime(timeColumns(job, mode, cursor, column), names, input.timezone),
    lagTime: timed ? eventTime(cursor, names, input.timezone) : null,
    topic,
    topicVersion,
    deadLetterTopic,
    letters: forgives === null ? null : { name: deadLetterTopic, keyed: true, letters: true },
    cached: mode === 'incrementing' && Object.hasOwn(shape.cachedIds ?? {}, cursor[0]?.name ?? ''),
    definition: {
      mode,
      cursor: job.cursor,
      key: [...new Set([...order, ...key].map(({ name }) => name))],
      relation: relationIdentity(job, relation),
    },
    input,
  };
}

/** What a read asks for; left out: the plan's own order, all rows, nothing flagged. */
type Asked = Pick<ReadRequest, 'window'> &
  Partial<Pick<ReadRequest, 'cursor' | 'key' | 'page' | 'limit' | 'recentFrom' | 'sample' | 'below'>>;

/**
 * A read of the job's relation. All of it in one literal: V8 of Node 20 makes a hidden class for each member that is added behind a spread, each
 * time anew, and with each poll that was most of the work that quiet jobs left to its collector and its compiler.
 */
export function requestOf(plan: JobPlan, asked: Asked): ReadRequest {
  return {
    relation: plan.relation,
    columns: plan.columns,
    where: plan.job.where,
    cursor: asked.cursor ?? plan.cursor,
    key: asked.key ?? plan.order,
    window: asked.window,
    page: asked.page ?? null,
    below: asked.below ?? null,
    deleted: plan.deleted,
    recentFrom: asked.recentFrom ?? null,
    sample: asked.sample ?? null,
    version: plan.shape.version,
    limit: asked.limit ?? null,
  };
}

/** A mark of the job as it may be shown. */
export function shownMarkOf({ cursor, order }: Pick<JobPlan, 'cursor' | 'order'>, mark: Watermark): readonly string[] {
  return shownMark(mark, [...cursor.slice(0, 1), ...order]);
}

/** The relation's remarks that matter to this job. */
export function remarksOf({ mode, shape, partition }: JobPlan): readonly string[] {
  const told = mode === 'incrementing' ? [...shape.remarks, ...shape.idRemarks] : shape.remarks;
  return partition?.remark == null ? told : [...told, partition.remark];
}

/** NULLs of the reading order, and of a cursor that no row is without, never come as far as the encoder. */
function isSure(name: string, order: readonly Column[], cursor: readonly Column[], { nulls }: Job): boolean {
  const among = (columns: readonly Column[]): boolean => columns.some((column) => column.name === name);
  return among(order) || (nulls === 'error' && cursor.length === 1 && among(cursor));
}

function refuseSameTopic(topic: string, deadLetterTopic: string): void {
  if (topic !== deadLetterTopic) return;
  throw new LiberateError('LIB108', `the dead letters would go to ${topic}, among the events`, {
    cure: 'Give `deadLetterTopic:` another name.',
  });
}

function refuseKeyless(key: readonly Column[]): void {
  if (key.length > 0) return;
  throw new LiberateError('LIB206', 'deleted rows leave as tombstones, which have nothing but a key, and the table has no primary key');
}

function finder(shape: Shape): FindColumn {
  const byName = new Map(shape.columns.map((column) => [column.name, column]));
  return (name, what) => {
    const found = byName.get(name);
    if (found !== undefined) return found;
    throw new LiberateError('LIB204', `the ${what} column "${name}" does not exist; there are: ${[...byName.keys()].join(', ')}`, {
      place: { column: name },
    });
  };
}

function refuseStrictOrder({ order }: Job, mode: Mode, [cursor]: readonly Column[]): void {
  if (order !== 'strict' || mode === 'timestamp' || mode === 'timestamp+incrementing') return;
  throw new LiberateError('LIB208', `\`order: strict\` goes by stamps, and the mode is ${mode}`, {
    place: { column: cursor?.name },
    cure: 'Use a timestamp cursor, or remove `order: strict`.',
  });
}

function checkRules(job: Job, column: FindColumn): void {
  for (const name of job.columns.include ?? []) column(name, 'included');
  for (const name of job.columns.exclude) column(name, 'excluded');
  for (const name of Object.keys(job.columns.rename)) column(name, 'renamed');
  for (const name of Object.keys(job.cast)) column(name, 'cast');
  for (const name of Object.keys(job.mask)) column(name, 'masked');
}

/** Rows are read in pages: each goes on behind the last value of the one before it. */
function refuseUnordered(columns: readonly Column[]): void {
  const found = columns.find(({ unordered }) => unordered === true);
  if (found === undefined) return;
  throw new LiberateError('LIB208', `"${found.name}" (${found.native}) cannot be the cursor or the key: its values have no order`, {
    place: { column: found.name },
    cure: 'Choose another column, or read it by a query that casts it to text.',
  });
}

/** A renamed column may meet another of that name: an event can hold one of them. */
function refuseTwins(fields: readonly Field[]): void {
  const twin = fields.find(({ name }, at) => fields.findIndex((other) => other.name === name) < at);
  if (twin === undefined) return;
  throw new LiberateError('LIB108', `two columns are published as "${twin.name}"`, {
    place: { column: twin.column.name },
    cure: 'Rename one of them to another name, or exclude it.',
  });
}

function withHidden(fields: readonly Column[], needed: readonly Column[]): readonly Column[] {
  const names = new Set(fields.map(({ name }) => name));
  const hidden = needed.filter(({ name }) => !names.has(name) && names.add(name));
  return [...fields, ...hidden];
}
