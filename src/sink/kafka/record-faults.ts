import { LiberateError } from '../../kit/errors.ts';
import type { OutboundRecord } from '../../model/record.ts';

/** Header of a record batch plus the least that one record adds, in bytes. */
const batchOverhead = 61 + 7;
const shownKey = 120;

/** Bytes of a record on the wire, a little too few rather than too many. */
export function leastBytes(record: OutboundRecord): number {
  let bytes = batchOverhead + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name in record.headers) bytes += name.length + (record.headers[name] as string).length + 2;
  return bytes;
}

/** The key as a person can look it up: its text, or hex where it is not text. */
export function nameOf(record: OutboundRecord): string {
  if (record.key === null) return 'a record without a key';
  const text = record.key.toString();
  const readable = Buffer.from(text).equals(record.key);
  const shown = readable ? text : `0x${record.key.toString('hex')}`;
  return `the record with key ${shown.length > shownKey ? `${shown.slice(0, shownKey)}…` : shown}`;
}

const largestOf = (records: readonly OutboundRecord[]): OutboundRecord | undefined =>
  records.reduce<OutboundRecord | undefined>(
    (largest, one) => (largest === undefined || leastBytes(one) > leastBytes(largest) ? one : largest),
    undefined,
  );

/** The broker judges a batch as a whole and does not say which record is at fault. */
function farthestInTime(records: readonly OutboundRecord[], now: number): OutboundRecord | undefined {
  const distance = ({ timestamp }: OutboundRecord): number => Math.abs(Number(timestamp) - now);
  return records.reduce<OutboundRecord | undefined>(
    (far, one) => (far === undefined || distance(one) > distance(far) ? one : far),
    undefined,
  );
}

export function tooLarge(topic: string, record: OutboundRecord, limit: number, cause?: unknown): LiberateError {
  const bytes = leastBytes(record);
  return new LiberateError('LIB305', `topic ${topic} accepts ${limit} bytes a batch; ${nameOf(record)} has about ${bytes}`, {
    cure: "Raise the topic's max.message.bytes, or exclude a wide column.",
    cause,
  });
}

/** LIB305 for a record that the topic cannot take, before anything is sent. */
export function refuseOversize(topic: string, records: readonly OutboundRecord[], limit: number): void {
  for (const record of records) {
    if (leastBytes(record) > limit) throw tooLarge(topic, record, limit);
  }
}

/** The same refusal by the broker, with the record that is at fault in all likelihood. */
export function blame(
  error: LiberateError,
  topic: string,
  records: readonly OutboundRecord[],
  limit: number,
  type: string | null,
): LiberateError {
  const largest = largestOf(records);
  if (error.code === 'LIB305' && largest !== undefined) {
    return records.length === 1 ? tooLarge(topic, largest, limit, error) : batchTooLarge(topic, records.length, largest, limit, error);
  }
  if (error.code !== 'LIB309') return error;
  const suspect = type === 'INVALID_TIMESTAMP' ? farthestInTime(records, Date.now()) : records.find(({ key }) => key === null);
  if (suspect === undefined) return error;
  const stamp = type === 'INVALID_TIMESTAMP' ? `, whose time is ${suspect.timestamp} ms` : '';
  return new LiberateError('LIB309', `${error.message}; first to look at: ${nameOf(suspect)}${stamp}`, {
    cure: error.cure,
    cause: error.cause,
  });
}

function batchTooLarge(topic: string, count: number, largest: OutboundRecord, limit: number, cause: LiberateError): LiberateError {
  return new LiberateError(
    'LIB305',
    `topic ${topic} accepts ${limit} bytes a batch and refused one of ${count} records; the largest is ${nameOf(largest)} with about ${leastBytes(largest)}`,
    { cure: "Raise the topic's max.message.bytes, or exclude a wide column.", cause: cause.cause },
  );
}
