import type { Envelope, Format, KeyFormat } from '../model/format.ts';

/** A version of a stream's schema, as it is kept beside the stream: for consumers, and for judging the next one. */
export interface KeptSchema {
  /** From 1 on, without a gap. */
  readonly version: number;
  /** What the events' header `liberate.schema` says. */
  readonly fingerprint: string;
  readonly format: Format;
  readonly keyFormat: KeyFormat;
  readonly envelope: Envelope;
  /** The event model as plain JSON; a keeper does not look into it. */
  readonly model: unknown;
  /** What consumers read it by: documents of the key and of the value, as plain JSON. */
  readonly documents: unknown;
  /** When it was kept, ISO 8601 in UTC. */
  readonly at: string;
}

/** Keeps the history of each stream's schema where the stream is. Native errors are sorted into LiberateError (LIB3xx) at the edge. */
export interface SchemaKeeper {
  /** Where a topic's history is, for a person: `out/orders.schema.json`, `topic liberate.schemas`. */
  place(topic: string): string;

  /** All versions, oldest first; empty: there is none yet. LIB707 when it is damaged. It writes nothing. */
  history(topic: string, signal: AbortSignal): Promise<readonly KeptSchema[]>;

  /** Resolves when the version is as durable as an event. It follows the newest of the history. */
  keep(topic: string, schema: KeptSchema, signal: AbortSignal): Promise<void>;
}
