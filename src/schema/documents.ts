import type { KeyFormat } from '../model/format.ts';
import type { SchemaDocument } from '../model/schema-document.ts';
import type { StreamSchema } from './stream-schema.ts';
import { documentOf } from './stream-schema-of.ts';

/** What consumers read the parts of a stream's events by. What is JSON is told by a JSON Schema, whether a registry has it or not; a bare key has none. */
export function documentsOf(stream: StreamSchema): Readonly<Record<'key' | 'value', SchemaDocument | null>> {
  const { model, keyFormat, format } = stream;
  const told = (of: KeyFormat): KeyFormat => (of === 'json' || of === 'connect' ? 'json-schema' : of);
  return {
    key: model.key.length === 0 ? null : (stream.key ?? documentOf(told(keyFormat), model, 'Key')),
    value: stream.value ?? documentOf(told(format), model, 'Value'),
  };
}
