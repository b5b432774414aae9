import { LiberateError } from '../kit/errors.ts';

/** Partition → the place after a record: an offset. A file has the one partition 0, and its places are bytes. */
export type StreamPosition = ReadonlyMap<number, bigint>;

export interface StreamRecord {
  readonly key: Buffer | null;
  /** null: a tombstone. */
  readonly value: Buffer | null;
}

/**
 * The way back from a sink: what a topic holds, byte for byte. It writes nothing, commits no offset and joins no
 * group. Native errors are sorted into LiberateError (LIB3xx) at the edge.
 */
export interface StreamReader extends AsyncDisposable {
  /** Where the topic ends now: everything acknowledged before the call lies before it. LIB303 when there is none. */
  end(topic: string, signal: AbortSignal): Promise<StreamPosition>;

  /**
   * The records from one place (null: the beginning) to another, each partition in its order, in batches of bounded
   * size; what they hold is valid until the next is asked for.
   */
  read(topic: string, from: StreamPosition | null, to: StreamPosition, signal: AbortSignal): AsyncIterable<readonly StreamRecord[]>;

  /** A published key or value as this sink gives it back. May be the buffer given, changed in place. */
  asRead(published: Buffer): Buffer;
}

/** Where a topic ends; null: there is none, as nothing was ever written to it. */
export async function endIfThere(reader: StreamReader, topic: string, signal: AbortSignal): Promise<StreamPosition | null> {
  try {
    return await reader.end(topic, signal);
  } catch (error) {
    if (error instanceof LiberateError && error.code === 'LIB303') return null;
    throw error;
  }
}
