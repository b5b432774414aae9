import { LiberateError } from '../../kit/errors.ts';
import type { RecordBatch } from '../../model/record-batch.ts';

/** Header of a record batch plus the least that one record adds, in bytes. */
const batchOverhead = 61 + 7;
const shownKey = 120;

function headerBytes({ headers }: Pick<RecordBatch, 'headers'>): number {
  let bytes = 0;
  for (const name in headers) bytes += name.length + (headers[name] as string).length + 2;
  return bytes;
}

/** Bytes of key, value and the headers of its own. */
function ownBytes(batch: RecordBatch, at: number): number {
  const own = batch.ownHeaders?.[at];
  return bodyBytes(batch, at) + (own === undefined ? 0 : headerBytes({ headers: own }));
}

/** Bytes of key and value. */
function bodyBytes({ bounds }: RecordBatch, at: number): number {
  let bytes = 0;
  for (let bound = at * 4; bound < at * 4 + 4; bound += 2) {
    const from = bounds[bound] as number;
    if (from >= 0) bytes += (bounds[bound + 1] as number) - from;
  }
  return bytes;
}

/** Bytes of a record on the wire, a little too few rather than too many. */
function leastBytes(batch: RecordBatch, at: number): number {
  return batchOverhead + headerBytes(batch) + ownBytes(batch, at);
}

/** The key as a person can look it up: its text, or hex where it is not text. */
export function nameOf(key: Buffer | null): string {
  if (key === null) return 'a record without a key';
  const text = key.toString();
  const readable = Buffer.from(text).equals(key);
  const shown = readable ? text : `0x${key.toString('hex')}`;
  return `the record with key ${shown.length > shownKey ? `${shown.slice(0, shownKey)}…` : shown}`;
}

/** The place of the record for which this is the most. */
function most(batch: RecordBatch, of: (at: number) => number): number {
  let found = 0;
  for (let at = 1; at < batch.count; at += 1) {
    if (of(at) > of(found)) found = at;
  }
  return found;
}

function withoutKey({ bounds, count }: RecordBatch): number | null {
  for (let at = 0; at < count; at += 1) {
    if ((bounds[at * 4] as number) < 0) return at;
  }
  return null;
}

function tooLarge(topic: string, batch: RecordBatch, at: number, limit: number, cause?: unknown): LiberateError {
  const bytes = leastBytes(batch, at);
  return new LiberateError('LIB305', `topic ${topic} accepts ${limit} bytes a batch; ${nameOf(batch.key(at))} has about ${bytes}`, {
    cure: "Raise the topic's max.message.bytes, or exclude a wide column.",
    cause,
  });
}

/** LIB305 for a record that the topic cannot take, before anything is sent. */
export function refuseOversize(topic: string, batch: RecordBatch, limit: number): void {
  const room = limit - batchOverhead - headerBytes(batch);
  if (batch.length <= room && batch.ownHeaders === null) return;
  for (let at = 0; at < batch.count; at += 1) {
    if (ownBytes(batch, at) > room) throw tooLarge(topic, batch, at, limit);
  }
}

/**
 * The same refusal by the broker, with the record that is at fault in all likelihood: it judges a
 * batch as a whole and does not say which one. `type`: the broker's code by name.
 */
export function blame(error: LiberateError, topic: string, batch: RecordBatch, limit: number, type: string | null): LiberateError {
  if (error.code === 'LIB305') {
    const largest = most(batch, (at) => bodyBytes(batch, at));
    return batch.count === 1 ? tooLarge(topic, batch, largest, limit, error) : batchTooLarge(topic, batch, largest, limit, error);
  }
  if (error.code !== 'LIB309') return error;
  const now = Date.now();
  const suspect = type === 'INVALID_TIMESTAMP' ? most(batch, (at) => Math.abs((batch.timestamps[at] as number) - now)) : withoutKey(batch);
  if (suspect === null) return error;
  const stamp = type === 'INVALID_TIMESTAMP' ? `, whose time is ${batch.timestamps[suspect]} ms` : '';
  const ofRecord = type === 'INVALID_TIMESTAMP' || type === 'INVALID_RECORD';
  return new LiberateError('LIB309', `${error.message}; first to look at: ${nameOf(batch.key(suspect))}${stamp}`, {
    ...(ofRecord ? { place: { key: batch.key(suspect)?.toString() ?? '' } } : {}),
    cure: error.cure,
    cause: error.cause,
  });
}

function batchTooLarge(topic: string, batch: RecordBatch, largest: number, limit: number, cause: LiberateError): LiberateError {
  return new LiberateError(
    'LIB305',
    `topic ${topic} accepts ${limit} bytes a batch and refused one of ${batch.count} records; the largest is ${nameOf(batch.key(largest))} with about ${leastBytes(batch, largest)}`,
    { cure: "Raise the topic's max.message.bytes, or exclude a wide column.", cause: cause.cause },
  );
}
