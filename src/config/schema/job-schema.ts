import type { z } from 'zod';
import { deadLetters, jobDefaults, manyTopic, oneTopic } from '../defaults.ts';
import { topicFault } from '../topic.ts';
import { choice, flag, integer, key, list, mapping, oneOrMany, type Reading, reading, required, text, texts, union } from './forms.ts';
import { castForm, maskForm } from './shaping-forms.ts';
import { cron, duration, interval, timezone } from './time-forms.ts';
import { wake } from './wake-form.ts';

const names = 'a list of column names';
const someNames = list(text('a column name'), names, 'at least one column');

const columns = union(
  [
    someNames,
    mapping(
      {
        include: key(someNames, {
          description: 'Publish these columns and no other.',
          default: '<all>',
          examples: [['id', 'email']],
        }),
        exclude: key(list(text('a column name'), names), {
          description: 'Publish all columns but these.',
          default: [],
          examples: [['password_hash']],
        }),
        cast: key(castForm, {
          description: 'Column name → type that it is published as. A value that cannot be cast is refused.',
          default: {},
          examples: [{ amount: 'string', flags: 'integer' }],
        }),
        rename: key(texts('a mapping of column names to published names'), {
          description: 'Column name → name in the event.',
          default: {},
          examples: [{ id: 'customer_id' }],
        }),
      },
      'a mapping with include, exclude, cast, rename',
    ),
  ],
  `${names}, or a mapping with include, exclude, cast, rename`,
);

const initialWords = 'bulk, skip, or a mapping with from';
const initial = union(
  [
    choice(['bulk', 'skip']),
    mapping(
      {
        from: required(text('a value of the cursor', { type: ['string', 'number'] }), {
          description: 'Begin with the rows whose cursor is at or after this value.',
          examples: ['2026-01-01', 100_000],
        }),
      },
      'a mapping with from',
    ),
  ],
  initialWords,
);

// Schema and table part at the first dot; a name may hold blanks and further dots.
const tableName = reading<string>(
  'a table name such as customers or shop.orders',
  (value): Reading<string> => (/^!?[^.!][^.]*(\..+)?$/.test(value.trim()) ? { value: value.trim() } : {}),
);

const topic = reading('a topic name', (value) => topicFault(value) ?? { value });

/** Keys that `defaults` may have too. */
const common = {
  source: key(text('the name of a source'), {
    description: 'Source to read, where `sources` has several.',
    default: '<the only one>',
    examples: ['shop'],
  }),
  sink: key(text('the name of a sink'), {
    description: 'Sink to publish to, where `sinks` has several.',
    default: '<the only one>',
    examples: ['events'],
  }),
  columns: key(columns, {
    description: 'Which columns are published: a list of them, or a mapping with include, exclude, cast, rename.',
    default: '<all>',
    examples: [['id', 'email'], { exclude: ['password_hash'], rename: { id: 'customer_id' } }],
  }),
  where: key(text('an SQL condition'), {
    description: 'Only rows that meet this SQL condition. A row that stops meeting it keeps its last event, or is deleted by reconcile.',
    default: '<all rows>',
    examples: ["country_code = 'DE'"],
  }),
  deleted: key(text('a column name or an SQL condition'), {
    description:
      'Rows that count as deleted and leave as tombstones: a column (true, a number other than 0, a stamp), or an SQL condition. Needs a key.',
    default: '<none>',
    examples: ['deleted_at', "status = 'gone'"],
  }),
  key: key(oneOrMany('a column name'), {
    description: 'Columns that together identify a row: the key of its event.',
    default: '<the primary key>',
    examples: ['order_id', ['order_id', 'line']],
  }),
  mode: key(choice(['bulk', 'timestamp', 'incrementing', 'timestamp+incrementing', 'transaction']), {
    description:
      'What is read: everything, and published where it has changed; rows with a later stamp; rows with a higher id; both, the id breaking ties of the stamp; or rows of transactions that have been committed since (a PostgreSQL column of type xid8).',
    default: '<bulk without a cursor, else told by its type>',
    examples: ['timestamp'],
  }),
  cursor: key(oneOrMany('a column name'), {
    description: 'Column that grows with each change; of a list, the first that is not NULL counts.',
    default: '<none: bulk>',
    examples: ['updated_at', ['updated_at', 'created_at']],
  }),
  increment: key(text('a column name'), {
    description: 'In mode timestamp+incrementing: the id that breaks ties; in mode transaction: the id in whose order rows leave.',
    default: '<the single integer key column>',
    examples: ['id'],
  }),
  initial: key(initial, {
    description: 'First run: read all rows (bulk), only later changes (skip), or rows from a value of the cursor on.',
    default: jobDefaults.initial,
    examples: ['skip', { from: '2026-01-01' }],
  }),
  batch: key(integer(1, 1_000_000), {
    description: 'Most rows of one SELECT.',
    default: jobDefaults.batch,
    examples: [2000],
  }),
  lookback: key(duration(0), {
    description: 'How far behind the mark each poll reads again, for rows that are committed late; raises what the source needs by itself.',
    default: '<what the source needs>',
    examples: ['5m'],
  }),
  order: key(choice(['relaxed', 'strict']), {
    description:
      'Timestamp modes. relaxed: each row as soon as it is committed; strict: in the order of the stamps, held back until no open transaction can stamp earlier.',
    default: jobDefaults.order,
    examples: ['strict'],
  }),
  nulls: key(choice(['error', 'include']), {
    description: 'Rows whose cursor is NULL: an error, or published at each cycle.',
    default: jobDefaults.nulls,
    examples: ['include'],
  }),
  reconcile: key(duration(), {
    description:
      'How often all keys are compared with what was published: deleted rows become tombstones, and rows that changed unseen are published. A bulk job does so at each run.',
    default: '<never>',
    examples: ['1h', '1d'],
  }),
  topic: key(topic, {
    description: 'Topic, or a template of {job}, {source}, {schema}, {table}.',
    default: `<${oneTopic} for one table or a query, ${manyTopic} for several tables>`,
    examples: ['shop.customers', 'shop.{table}'],
  }),
  onBadRow: key(choice(['fail', 'deadletter']), {
    description: 'A row that cannot be published stops the job, or goes to the dead letters with the reason while the others go on.',
    default: jobDefaults.onBadRow,
    examples: ['deadletter'],
  }),
  deadLetterTopic: key(topic, {
    description: 'Topic, or for ndjson the file, of the dead letters; or a template as of `topic`.',
    default: `<the job's topic and ${deadLetters}>`,
    examples: ['shop.deadletters', '{job}.refused'],
  }),
  format: key(choice(['json', 'connect', 'json-schema', 'avro', 'protobuf']), {
    description:
      "How values are written: JSON; JSON with its schema inside, as Kafka Connect's JsonConverter; or by a schema in the sink's `registry`.",
    default: jobDefaults.format,
    examples: ['avro'],
  }),
  keyFormat: key(choice(['json', 'connect', 'json-schema', 'avro', 'protobuf', 'string']), {
    description: 'How keys are written; string: the bare text of a key of one column.',
    default: '<as `format`>',
    examples: ['string'],
  }),
  envelope: key(choice(['none', 'debezium', 'cloudevents', 'cloudevents-structured']), {
    description:
      "What stands around the row: nothing, Debezium's change event, or CloudEvents with its attributes in headers or in the value.",
    default: jobDefaults.envelope,
    examples: ['debezium'],
  }),
  compatibility: key(choice(['none', 'backward', 'backward-transitive', 'forward', 'forward-transitive', 'full', 'full-transitive']), {
    description:
      'Which changes of the schema go on: those that let consumers of the next schema read old events (backward), those of the last one new events (forward), both (full), or any.',
    default: jobDefaults.compatibility,
    examples: ['full'],
  }),
  onSchemaChange: key(choice(['stop', 'newTopic']), {
    description:
      "A change that breaks consumers stops the job before any row, or begins afresh in the topic's next version, such as orders.v2.",
    default: jobDefaults.onSchemaChange,
    examples: ['newTopic'],
  }),
  mask: key(maskForm, {
    description: 'Column name → what leaves in place of its text: redact, a hash, or the last characters.',
    default: {},
    examples: [{ password: 'redact', email: { hash: { salt: '${MASK_SALT}' } }, phone: { keep: 4 } }],
  }),
  headers: key(texts('a mapping of header names to texts'), {
    description: 'Headers that each record carries; a column in braces stands for its text, `{{` for a brace.',
    default: {},
    examples: [{ team: 'shop', tenant: '{tenant_id}' }],
  }),
  partitionBy: key(oneOrMany('a column name'), {
    description: 'Columns whose text decides the partition of an event. They belong to the key, or never change.',
    default: '<the key>',
    examples: ['tenant_id', ['region', 'tenant_id']],
  }),
  eventTime: key(text('a column name'), {
    description: 'Column that gives each record its time; where it is NULL, the record has the time of its reading.',
    default: '<the cursor, where it is a stamp; else the time of reading>',
    examples: ['ordered_at'],
  }),
  every: key(interval(), {
    description: "Run so long after the previous run's end. With two bounds the job waits longer the longer nothing is found.",
    default: `<${jobDefaults.every}, where there is no schedule>`,
    examples: ['10s', '200ms..10s'],
  }),
  wake: key(wake(), {
    description:
      'Run at once when a commit tells so: by NOTIFY on this channel (PostgreSQL), or by a change of the file (SQLite: `true`). Only a hint: `every` goes on.',
    default: '<none>',
    examples: ['orders_changed', true],
  }),
  schedule: key(cron(), {
    description: 'Run at the times of a cron expression of five fields, or six beginning with seconds; instead of `every`.',
    default: '<none>',
    examples: ['*/5 * * * *'],
  }),
  timezone: key(timezone(), {
    description: 'IANA zone that `schedule` is in.',
    default: jobDefaults.timezone,
    examples: ['Europe/Berlin'],
  }),
  jitter: key(duration(0), {
    description: 'Each run begins up to so much later, at random.',
    default: jobDefaults.jitter,
    examples: ['2s'],
  }),
  overlap: key(choice(['skip', 'queue']), {
    description: 'A run falls due while the last is still under way: it is left out, or begins right after.',
    default: jobDefaults.overlap,
    examples: ['queue'],
  }),
  timeout: key(duration(), {
    description: 'Longest that one run may take.',
    default: '<none>',
    examples: ['10m'],
  }),
  retries: key(integer(0, 1000), {
    description: 'How often one run is tried again after a failure that may pass.',
    default: jobDefaults.retries,
    examples: [10],
  }),
  enabled: key(flag(), {
    description: '`false`: the job is checked and never run.',
    default: jobDefaults.enabled,
    examples: [false],
  }),
};

export const jobSchema = mapping(
  {
    table: key(oneOrMany('a table name such as customers or shop.orders', tableName), {
      description: 'Table to read, or several: a list, names with `*`, and in quotes `"!name"` to leave out.',
      default: '<this or query must be written>',
      examples: ['customers', 'shop.orders', ['shop.*', '!shop.tmp_*']],
    }),
    query: key(text('the path of an .sql file, or the text of a SELECT'), {
      description:
        'Query to read: the path of an .sql file, or its text. It may name :since and :until, where the cursor is to be bounded.',
      default: '<this or table must be written>',
      examples: ['queries/order_summary.sql'],
    }),
    ...common,
  },
  'a mapping with table or query',
);
export type JobData = z.core.output<typeof jobSchema>;

export const defaultsSchema = mapping(common, 'a mapping of job keys');
export type DefaultsData = z.core.output<typeof defaultsSchema>;
