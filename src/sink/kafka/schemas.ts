import { orAbort } from '../../kit/abort.ts';
import type { Clock } from '../../kit/clock.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { TopicSpec } from '../../model/record.ts';
import { RecordBatch } from '../../model/record-batch.ts';
import { damagedHistory, inOrder, keptSchemaAt, refuseTaken } from '../read-kept.ts';
import type { KeptSchema, SchemaKeeper } from '../schema-keeper.ts';
import { endIfThere, type StreamPosition, type StreamReader, type StreamRecord } from '../stream-reader.ts';
import { inTurn } from '../turns.ts';

/** What the keeper needs of the sink that it belongs to. */
export interface SchemaTopic {
  readonly name: string;
  /** Of the topic of schemas: makes it where it is missing. */
  prepare(topic: TopicSpec, signal: AbortSignal): Promise<unknown>;
  send(topic: string, batch: RecordBatch, signal: AbortSignal): Promise<void>;
  openReader(): Promise<StreamReader>;
  readonly clock: Clock;
}

/** Version → what was kept, of one stream. */
type Versions = Map<number, KeptSchema>;

/**
 * A compacted topic for the schemas of all streams of a cluster, a record a version, so that compaction leaves each of them. It is read once,
 * and then only what has come since: another runner may have held a job in between.
 */
export function kafkaSchemas(topic: SchemaTopic): SchemaKeeper {
  const place = `topic ${topic.name}`;
  const kept = new Map<string, Versions>();
  const turn = inTurn();
  let upto: StreamPosition | null = null;
  let next: Promise<void> | null = null;

  const read = async (signal: AbortSignal): Promise<void> => {
    await using reader = await topic.openReader();
    const end = await endIfThere(reader, topic.name, signal);
    if (end === null) return;
    for await (const records of reader.read(topic.name, upto, end, signal)) for (const record of records) take(kept, record, place);
    upto = end;
  };
  /** Everything that was kept before the call. Whoever asks while a look is under way shares the one behind it. */
  const refresh = (): Promise<void> => {
    next ??= turn(() => {
      next = null;
      return read(AbortSignal.timeout(readWithin));
    });
    return next;
  };
  const history = async (stream: string, signal: AbortSignal): Promise<readonly KeptSchema[]> => {
    await explained(topic.name, () => orAbort(refresh(), signal));
    return inOrder([...(kept.get(stream)?.values() ?? [])], place);
  };

  return {
    place: () => place,
    history,
    async keep(stream, schema, signal) {
      const there = (await history(stream, signal)).length;
      refuseTaken(stream, schema, there, place);
      await explained(topic.name, async () => {
        await topic.prepare({ name: topic.name, keyed: true }, signal);
        await topic.send(topic.name, batchOf(stream, schema, topic.clock.now()), signal);
      });
    },
  };
}

/** Milliseconds for reading all of it. */
const readWithin = 60_000;

function batchOf(stream: string, schema: KeptSchema, now: number): RecordBatch {
  const batch = new RecordBatch({});
  const key = Buffer.from(JSON.stringify({ topic: stream, version: schema.version }));
  batch.add({ key, value: Buffer.from(JSON.stringify({ topic: stream, ...schema })), timestamp: String(now) });
  return batch;
}

function take(kept: Map<string, Versions>, { key, value }: StreamRecord, place: string): void {
  const { topic, version } = parsed(key, place) as { readonly topic?: unknown; readonly version?: unknown };
  if (typeof topic !== 'string' || typeof version !== 'number') throw damagedHistory(place, `the key ${String(key)} names no version`);
  const versions = kept.get(topic) ?? new Map<number, KeptSchema>();
  kept.set(topic, versions);
  // A tombstone: somebody has ended the history by hand.
  if (value === null) versions.delete(version);
  else versions.set(version, keptSchemaAt(parsed(value, place), place));
}

function parsed(bytes: Buffer | null, place: string): object {
  let found: unknown = null;
  try {
    found = JSON.parse(String(bytes));
  } catch {
    // Told below, with the bytes.
  }
  if (typeof found !== 'object' || found === null) throw damagedHistory(place, `a record holds ${String(bytes).slice(0, 80)}`);
  return found;
}

/** The permissions that the topic takes are others than those of a stream. */
async function explained<T>(topic: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cure = error instanceof LiberateError ? cures(topic)[error.code] : undefined;
    if (!(error instanceof LiberateError) || cure === undefined) throw error;
    throw new LiberateError(error.code, error.message, { cure, cause: error.cause });
  }
}

const cures = (topic: string): Readonly<Record<string, string>> => ({
  LIB303: `Make the topic ${topic}, compacted, with one partition; name another by \`schemaTopic:\`; or do without by \`schemaTopic: none\`.`,
  LIB310: `Grant the user READ, WRITE and DESCRIBE on the topic ${topic}, and CREATE when liberate is to make it; or do without by \`schemaTopic: none\`.`,
});
