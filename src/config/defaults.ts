/** Every value that stands where a file says nothing; also printed by the JSON Schema and docs/jobs.md. */
export const sourceDefaults = { pool: 5, statementTimeout: '5m', session: [] } as const;

export const stateDefaults = { lease: '15s' } as const;

export const kafkaDefaults = {
  clientId: 'liberate',
  client: 'native',
  acks: 'all',
  compression: 'none',
  deadline: '30s',
  create: true,
  schemaTopic: 'liberate.schemas',
} as const;

export const registryDefaults = { register: true, subjects: 'topic', deadline: '10s' } as const;

export const jobDefaults = {
  initial: 'bulk',
  batch: 10_000,
  order: 'relaxed',
  nulls: 'error',
  every: '10s',
  timezone: 'UTC',
  jitter: '0s',
  overlap: 'skip',
  retries: 5,
  enabled: true,
  onBadRow: 'fail',
  format: 'json',
  envelope: 'none',
  compatibility: 'forward',
  onSchemaChange: 'stop',
} as const;

/** One table, or a query: a name that the team chose. Several tables: what the database calls them. */
export const oneTopic = '{job}';
export const manyTopic = '{schema}.{table}';

/** What a topic's dead letters are called behind its own name. */
export const deadLetters = '.deadletters';

/** Name of the only source or sink. */
export const shortName = 'default';
