import { LiberateError } from '../../../kit/errors.ts';
import type { RecordBatch } from '../../../model/record-batch.ts';
import { putVarint, putVarlong, varintSize, varlongSize } from './varint.ts';

/** The most that one record adds to its key, value and headers: length, attributes, time, offset, and two lengths. */
const recordOverhead = 5 + 1 + 10 + 5 + 5 + 5;

/** Where the records of one partition lie in the wire buffer, behind room for their batch's header. */
export interface EncodedRecords {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
}

/** The headers as they stand in every record of the batch, their number included. */
export const encodeHeaders = (headers: RecordBatch['headers']): Buffer =>
  Buffer.concat([varint(Object.keys(headers).length), ...encodedPairs(headers)]);

function encodedPairs(headers: RecordBatch['headers']): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (const name in headers) {
    for (const text of [name, headers[name] as string]) {
      const bytes = Buffer.from(text);
      parts.push(varint(bytes.length), bytes);
    }
  }
  return parts;
}

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  return bytes.subarray(0, putVarint(bytes, 0, value));
}

/** The encoded headers of records with a value and of those without. */
export interface RecordHeaders {
  readonly upsert: Buffer;
  readonly tombstone: Buffer;
  /** Of the records that have some of their own, all their headers; null: none has. */
  readonly own: readonly (Buffer | undefined)[] | null;
}

/** All headers of each record that has some of its own. */
export function encodeOwnHeaders(batch: RecordBatch): RecordHeaders['own'] {
  if (batch.ownHeaders === null) return null;
  const shared = (headers: RecordBatch['headers']): { readonly count: number; readonly pairs: Buffer } => ({
    count: Object.keys(headers).length,
    pairs: Buffer.concat(encodedPairs(headers)),
  });
  const [upsert, tombstone] = [shared(batch.headers), shared(batch.tombstoneHeaders)];
  return batch.ownHeaders.map((own, at) => {
    if (own === undefined) return undefined;
    const names = Object.keys(own);
    const all = (batch.bounds[at * 4 + 2] as number) < 0 ? batch.tombstoneHeaders : batch.headers;
    // A name may stand there once only.
    if (names.some((name) => Object.hasOwn(all, name))) return encodeHeaders({ ...all, ...own });
    const { count, pairs } = (batch.bounds[at * 4 + 2] as number) < 0 ? tombstone : upsert;
    return Buffer.concat([varint(count + names.length), pairs, ...encodedPairs(own)]);
  });
}

/** Bytes that the records may need at most. */
export const encodedBound = (batch: RecordBatch, { upsert, tombstone, own }: RecordHeaders): number =>
  batch.length +
  batch.count * (Math.max(upsert.length, tombstone.length) + recordOverhead) +
  (own === null ? 0 : own.reduce((sum, headers) => sum + (headers?.length ?? 0), 0));

/**
 * Writes records of a batch into a wire buffer, in which the batch's own bytes and its headers lie
 * already: moving bytes within one buffer makes no object, while every copy between two makes
 * a view, which costs more than the bytes of a usual row.
 */
export class RecordEncoder {
  readonly #batch: RecordBatch;
  readonly #wire: Buffer;
  readonly #bytesAt: number;
  readonly #headersAt: number;
  readonly #headersLength: number;
  readonly #tombstoneHeadersAt: number;
  readonly #tombstoneHeadersLength: number;
  readonly #own: RecordHeaders['own'];

  /** `sourceAt`: where the batch's bytes are put, and the headers behind them; nothing may be encoded to there. */
  constructor(batch: RecordBatch, { upsert, tombstone, own }: RecordHeaders, wire: Buffer, sourceAt: number) {
    this.#batch = batch;
    this.#wire = wire;
    this.#bytesAt = sourceAt;
    this.#headersAt = sourceAt + batch.length;
    this.#headersLength = upsert.length;
    this.#tombstoneHeadersAt = this.#headersAt + upsert.length;
    this.#tombstoneHeadersLength = tombstone.length;
    this.#own = own;
    batch.bytes.copy(wire, sourceAt, 0, batch.length);
    upsert.copy(wire, this.#headersAt);
    tombstone.copy(wire, this.#tombstoneHeadersAt);
  }

  /** `order`: places in the batch from `first` to `last`; null: every record in its order. LIB309 for a time that is none. */
  encode(order: Int32Array | null, first: number, last: number, from: number): EncodedRecords {
    const { timestamps } = this.#batch;
    const count = last - first;
    const baseTimestamp = timestamps[order === null ? first : (order[first] as number)] as number;
    let maxTimestamp = baseTimestamp;
    let to = from;
    for (let offset = 0; offset < count; offset += 1) {
      const at = order === null ? first + offset : (order[first + offset] as number);
      const timestamp = timestamps[at] as number;
      if (!Number.isSafeInteger(timestamp)) throw noTime(timestamp);
      if (timestamp > maxTimestamp) maxTimestamp = timestamp;
      to = this.#record(to, at, timestamp - baseTimestamp, offset);
    }
    return { from, to, count, baseTimestamp, maxTimestamp };
  }

  #record(start: number, at: number, timestampDelta: number, offset: number): number {
    const { bounds } = this.#batch;
    const wire = this.#wire;
    const bound = at * 4;
    const keyFrom = bounds[bound] as number;
    const valueFrom = bounds[bound + 2] as number;
    const keyLength = keyFrom < 0 ? -1 : (bounds[bound + 1] as number) - keyFrom;
    const valueLength = valueFrom < 0 ? -1 : (bounds[bound + 3] as number) - valueFrom;
    const own = this.#own === null ? undefined : this.#own[at];
    const headersLength = own !== undefined ? own.length : valueFrom < 0 ? this.#tombstoneHeadersLength : this.#headersLength;
    const fixed = 1 + varlongSize(timestampDelta) + varintSize(offset) + varintSize(keyLength) + varintSize(valueLength);
    const content = (keyFrom < 0 ? 0 : keyLength) + (valueFrom < 0 ? 0 : valueLength) + headersLength;
    let to = putVarint(wire, start, fixed + content);
    wire[to++] = 0;
    to = putVarlong(wire, to, timestampDelta);
    to = putVarint(wire, to, offset);
    to = putVarint(wire, to, keyLength);
    if (keyLength > 0) to = this.#move(this.#bytesAt + keyFrom, keyLength, to);
    to = putVarint(wire, to, valueLength);
    if (valueLength > 0) to = this.#move(this.#bytesAt + valueFrom, valueLength, to);
    if (own !== undefined) return to + own.copy(wire, to);
    return this.#move(valueFrom < 0 ? this.#tombstoneHeadersAt : this.#headersAt, headersLength, to);
  }

  #move(from: number, length: number, to: number): number {
    const wire = this.#wire;
    // Below this the loop is faster than the call.
    if (length > 12) wire.copyWithin(to, from, from + length);
    else for (let at = 0; at < length; at += 1) wire[to + at] = wire[from + at] as number;
    return to + length;
  }
}

const noTime = (timestamp: number): LiberateError =>
  new LiberateError('LIB309', `the timestamp "${timestamp}" is not a time in milliseconds`);
