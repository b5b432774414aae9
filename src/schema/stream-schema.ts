import type { Envelope, Format, KeyFormat } from '../model/format.ts';
import type { SchemaDocument } from '../model/schema-document.ts';
import type { EventModel } from './event-model.ts';

/** What consumers are told of a stream: what its events hold, and how it is written. */
export interface StreamSchema {
  /** Of the event as it leaves: shaped, and not as the table is. Its name is the topic's. */
  readonly model: EventModel;
  readonly format: Format;
  readonly keyFormat: KeyFormat;
  readonly envelope: Envelope;
  /** null: the events have no key, or its format has no schema in a registry. */
  readonly key: SchemaDocument | null;
  /** null: the format has no schema in a registry. */
  readonly value: SchemaDocument | null;
}
