import { orAbort, throwIfAborted } from '../../kit/abort.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import { LineBuffer } from '../json-line.ts';
import type { Sink } from '../sink.ts';
import type { StdoutSinkConfig } from '../sink-config.ts';
import { inTurn } from '../turns.ts';
import { writeError } from '../write-error.ts';

/**
 * One line per event on a stream that stays open: it belongs to the caller. A batch counts as
 * acknowledged when the stream has handed it on, so at most one batch waits in memory however
 * slow the reader is.
 */
export function openStdout(config: StdoutSinkConfig, stream: NodeJS.WritableStream): Sink {
  const lines = new LineBuffer();
  const turn = inTurn();
  let broken: unknown = null;
  // A stream tells its failure twice: to the write's callback, and as an event that would end the process if nobody listened.
  const onError = (error: unknown): void => {
    broken ??= error;
  };
  stream.on('error', onError);

  const write = (bytes: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });

  const send = async (topic: string, batch: RecordBatch, signal: AbortSignal): Promise<void> => {
    throwIfAborted(signal);
    if (broken !== null) throw writeError('writing to stdout', broken);
    if (batch.count === 0) return;
    lines.clear();
    lines.add(topic, batch);
    const written = write(lines.bytes()).catch((error: unknown) => {
      onError(error);
      throw writeError('writing to stdout', error);
    });
    try {
      await orAbort(written, signal);
    } catch (error) {
      // The stream may hold the bytes still: a reader that stands still has not taken them.
      lines.forget();
      throw error;
    }
  };

  return {
    name: config.name,
    kind: 'stdout',
    schemas: null,
    check: async () => [],
    prepare: async () => [],
    look: async () => ({ exists: true, partitions: null, policy: null, findings: [] }),
    limits: () => ({ records: 5000, bytes: 1_000_000, inFlight: 1 }),
    send: (topic, batch, signal) => turn(() => send(topic, batch, signal)),
    async [Symbol.asyncDispose]() {
      // Waits for the send under way, which its own signal can end.
      await turn(async () => {});
      // A broken stream may tell of it once more, later.
      if (broken === null) stream.off('error', onError);
    },
  };
}
