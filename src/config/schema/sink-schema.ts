import type { z } from 'zod';
import { kafkaDefaults } from '../defaults.ts';
import { readBrokers, readSinkAddress } from '../sink-address.ts';
import { anyText, choice, flag, integer, key, list, mapping, openMapping, reading, required, text, transformed, union } from './forms.ts';
import { registrySchema } from './registry-schema.ts';
import { duration } from './time-forms.ts';
import { tlsSchema } from './tls-schema.ts';

const forms = 'kafka://host:9092,host:9092, ndjson:FOLDER or stdout';

const address = reading(forms, readSinkAddress, { pattern: '^kafka://|^ndjson:|^stdout:?$' });

const brokerWords = 'brokers such as host:9092, parted by commas';
const broker = reading(brokerWords, readBrokers);
const brokers = transformed(
  union([broker, list(broker, brokerWords, 'at least one broker')], `${brokerWords}, or a list of such`),
  (value): readonly string[] => value.flat(),
);

const sasl = mapping(
  {
    mechanism: required(choice(['plain', 'scram-sha-256', 'scram-sha-512']), {
      description: 'How the login is proven. `plain` sends the password as it is: only together with `tls`.',
      examples: ['scram-sha-512'],
    }),
    username: required(text('a user name'), { description: 'User name.', examples: ['liberate'] }),
    password: required(anyText(), {
      description: 'Password. Keep it out of the file: `${NAME}` or `${file:PATH}`.',
      examples: ['${KAFKA_PASSWORD}'],
    }),
  },
  'a mapping with mechanism, username, password',
);

const topicSetting = '^[a-z]+(\\.[a-z]+)+$';

/** Topic settings are known by the dots in their names; a name without one is a key of ours, or a mistake. */
const topicDefaults = openMapping(
  {
    partitions: key(integer(1, 100_000), {
      description: 'Partitions of a topic that liberate makes.',
      default: "<the broker's num.partitions>",
      examples: [6],
    }),
    replication: key(integer(1, 100), {
      description: 'Replicas of a topic that liberate makes.',
      default: "<the broker's default.replication.factor>",
      examples: [3],
    }),
    create: key(flag(), {
      description: 'Make missing topics. `false`: a missing topic is an error.',
      default: kafkaDefaults.create,
      examples: [false],
    }),
  },
  { others: anyText('a text'), pattern: topicSetting },
  'a mapping with partitions, replication, create, and topic settings such as cleanup.policy',
);

const kafkaMapping = mapping(
  {
    brokers: required(brokers, {
      description: 'Brokers to begin with, as text parted by commas or as a list. The port is 9092 unless given.',
      examples: ['kafka1:9092,kafka2:9092', ['kafka1:9092', 'kafka2:9092']],
    }),
    clientId: key(text('a name'), {
      description: "Name under which the brokers' logs and quotas see liberate.",
      default: kafkaDefaults.clientId,
      examples: ['shop-liberate'],
    }),
    client: key(choice(['native', 'kafkajs']), {
      description: "Who writes the records: liberate's own client, or kafkajs, which is slower.",
      default: kafkaDefaults.client,
      examples: ['kafkajs'],
    }),
    tls: key(tlsSchema, {
      description: "Encrypt the connections: `true` checks the brokers against the system's authorities; a mapping says more.",
      default: false,
      examples: [true, { ca: 'ca.pem' }],
    }),
    sasl: key(sasl, {
      description: 'Login.',
      default: '<none>',
      examples: [{ mechanism: 'scram-sha-512', username: 'liberate', password: '${KAFKA_PASSWORD}' }],
    }),
    acks: key(choice(['all', 'leader']), {
      description: 'Who must have a record before it counts: all replicas in sync, or the leader alone (which loses records when it dies).',
      default: kafkaDefaults.acks,
      examples: ['all'],
    }),
    compression: key(choice(['none', 'gzip', 'snappy', 'lz4', 'zstd']), {
      description: 'Compression of the record batches.',
      default: kafkaDefaults.compression,
      examples: ['lz4'],
    }),
    idempotent: key(flag(), {
      description:
        'Number the record batches, so that the broker drops a repeated one and refuses one whose predecessor is missing. Needs `acks: all`. With `client: native` several batches are then under way at once.',
      default: '<true with client: native and acks: all>',
      examples: [false],
    }),
    deadline: key(duration(), {
      description: 'Longest that one send may go without an answer.',
      default: kafkaDefaults.deadline,
      examples: ['1m'],
    }),
    topicDefaults: key(topicDefaults, {
      description: 'How topics are made, with any topic setting by its own name.',
      default: "<the broker's settings; cleanup.policy is compact where events have keys>",
      examples: [{ partitions: 6, replication: 3, 'retention.ms': '604800000' }],
    }),
    registry: key(registrySchema, {
      description: 'Schema registry with the API of Confluent: for `format: avro`, `protobuf` and `json-schema`.',
      default: '<none>',
      examples: ['http://registry:8081', { url: 'https://registry', user: 'liberate', password: '${REGISTRY_PASSWORD}' }],
    }),
    schemaTopic: key(text('a topic name, or none'), {
      description: 'Compacted topic where the schemas of all streams are kept, with their history. `none`: nowhere.',
      default: kafkaDefaults.schemaTopic,
      examples: ['shop.schemas', 'none'],
    }),
  },
  'a mapping with brokers',
);

export const sinkSchema = union([address, kafkaMapping], `${forms}, or a mapping with brokers`);
export type SinkData = z.core.output<typeof sinkSchema>;
export type KafkaData = z.core.output<typeof kafkaMapping>;
