import { LiberateError } from '../kit/errors.ts';
import type { Sink } from './sink.ts';
import type { SinkConfig } from './sink-config.ts';
import type { StreamReader } from './stream-reader.ts';

/** What a sink needs from the process around it. */
export interface SinkSurroundings {
  readonly stdout: NodeJS.WritableStream;
}

/** Every sink, loaded when a jobs file names it. No I/O until its first use. */
export async function openSink(config: SinkConfig, surroundings: SinkSurroundings): Promise<Sink> {
  switch (config.kind) {
    case 'kafka':
      return (await import('./kafka/sink.ts')).openKafka(config);
    case 'ndjson':
      return (await import('./ndjson/ndjson.ts')).openNdjson(config);
    case 'stdout':
      return (await import('./stdout/stdout.ts')).openStdout(config, surroundings.stdout);
    default:
      return config satisfies never;
  }
}

/** The way back from a sink. LIB110 for one that keeps nothing. */
export async function openStreamReader(config: SinkConfig): Promise<StreamReader> {
  switch (config.kind) {
    case 'kafka':
      return (await import('./kafka/kafka-reader.ts')).openKafkaReader(config);
    case 'ndjson':
      return (await import('./ndjson/ndjson-reader.ts')).openNdjsonReader(config);
    case 'stdout':
      throw new LiberateError('LIB110', `what sink "${config.name}" was sent to stdout cannot be read back`, {
        cure: 'Only streams in Kafka and in NDJSON files can be verified.',
      });
    default:
      return config satisfies never;
  }
}
