import { LiberateError } from '../../kit/errors.ts';
import type { KeyFormat } from '../../model/format.ts';

/** Formats whose events begin with the number under which a registry knows their schema. */
export const isFramed = (format: KeyFormat): boolean => format === 'json-schema' || format === 'avro' || format === 'protobuf';

/** Bytes of a frame; Protobuf's has one more. */
export const frameBytes = 5;

/** Bytes that stand before the data. */
export const frameLength = (format: KeyFormat): number => (isFramed(format) ? (format === 'protobuf' ? frameBytes + 1 : frameBytes) : 0);

const none = Buffer.alloc(0);

/**
 * What Confluent's deserialisers expect before the data: a zero byte and the id, big-endian; of Protobuf also which message of the
 * document it is, of which a single zero byte says: the first. Empty where the format has no frame. LIB706 without an id.
 */
export function frameOf(format: KeyFormat, id: number | null): Buffer {
  if (!isFramed(format)) return none;
  if (id === null) throw withoutId(format);
  const frame = Buffer.alloc(frameLength(format));
  frame.writeInt32BE(id, 1);
  return frame;
}

export const withoutId = (format: KeyFormat): LiberateError =>
  new LiberateError('LIB706', `events in ${format} begin with the number of their schema, and no registry has told it`, {
    cure: 'Give the sink a `registry:`, or choose `format: json` or `format: connect`.',
  });
