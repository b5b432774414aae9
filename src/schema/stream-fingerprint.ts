import { createHash } from 'node:crypto';
import type { StreamSchema } from './stream-schema.ts';

/**
 * sha256 of all that consumers are told of a stream, first 16 hex digits. Beyond the model's own fingerprint, which says what a reader
 * of one event has to know, it changes with a comment, a default or a label, with the format, and with `place`: where it was told.
 */
export function streamFingerprint({ model, format, keyFormat, envelope, key, value }: StreamSchema, place: string): string {
  const told = JSON.stringify([place, model, format, keyFormat, envelope, key, value]);
  return createHash('sha256').update(told).digest('hex').slice(0, 16);
}
