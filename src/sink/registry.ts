import type { Sink } from './sink.ts';
import type { SinkConfig } from './sink-config.ts';

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
