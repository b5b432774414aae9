import type { Case } from './case.ts';
import { type Bulk, bulkCase } from './cases/bulk.ts';
import { catchUpCase } from './cases/catch-up.ts';
import { idleCase } from './cases/idle.ts';
import { latencyCase } from './cases/latency.ts';
import { memoryCase } from './cases/memory.ts';
import { quietPollCase } from './cases/quiet-poll.ts';
import { startUpCase } from './cases/start-up.ts';
import type { Kind } from './databases/database.ts';

const kinds: readonly Kind[] = ['pg', 'mariadb', 'sqlite'];
const servers: readonly Kind[] = ['pg', 'mariadb'];

const plain = { sink: 'kafka', shape: 'standard', partitions: 1, mode: 'bulk', rows: [100_000, 1_000_000] } as const;

const bulk: readonly Bulk[] = [
  ...kinds.map((kind) => ({ ...plain, name: `${kind}-kafka`, kind })),
  ...servers.map((kind) => ({ ...plain, name: `${kind}-kafka-avro`, kind, format: 'avro' as const })),
  ...kinds.map((kind) => ({ ...plain, name: `${kind}-ndjson`, kind, sink: 'ndjson' as const })),
  ...kinds.map((kind) => ({ ...plain, name: `${kind}-kafka-initial`, kind, mode: 'timestamp' as const })),
  ...servers.map((kind) => ({ ...plain, name: `${kind}-kafka-narrow`, kind, shape: 'narrow' as const })),
  ...servers.map((kind) => ({ ...plain, name: `${kind}-kafka-wide`, kind, shape: 'wide' as const, rows: [10_000, 100_000] as const })),
  ...servers.map((kind) => ({ ...plain, name: `${kind}-kafka-6`, kind, partitions: 6 })),
];

/** Every case, in the order in which they run. */
export const cases: readonly Case[] = [
  ...bulk.map(bulkCase),
  ...kinds.map(catchUpCase),
  ...servers.map((kind) => latencyCase(kind, null)),
  latencyCase('pg', 'wake'),
  idleCase(100),
  idleCase(1000),
  ...kinds.map(quietPollCase),
  startUpCase,
  memoryCase,
];
