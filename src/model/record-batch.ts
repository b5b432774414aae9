import type { OutboundRecord } from './record.ts';

type Headers = OutboundRecord['headers'];

/** Why events are made and when, as an envelope tells it. */
export interface Occasion {
  /** As Debezium calls it: `r` read by a load or a backfill, `c` created, `u` otherwise. */
  readonly operation: 'r' | 'c' | 'u';
  /** Milliseconds since 1970. */
  at: number;
}

const unsaid: Occasion = { operation: 'u', at: 0 };

/** Integers that describe one record. */
const stride = 4;

/**
 * Events of one topic on their way, packed: keys and values lie one after another in one buffer, so that a
 * row costs no object. Whoever fills it reserves room, writes into `bytes` from `length` on, and pushes the bounds.
 */
export class RecordBatch {
  /** Of every record in the batch that has a value. */
  readonly headers: Headers;
  /** Of those that have none; the very same object where they do not differ. */
  readonly tombstoneHeaders: Headers;
  /** Of what is added next. */
  readonly occasion: Occasion;
  bytes: Buffer;
  /** The same bytes, four at a time. */
  words: Int32Array;
  /** The same bytes, for words that lie anywhere. */
  view: DataView;
  /** Bytes in use. */
  length = 0;
  #count = 0;
  #bounds = new Int32Array(32 * stride);
  #timestamps = new Float64Array(32);
  /** By record; shorter than the batch where the last have none. */
  #own: (Headers | undefined)[] | null = null;
  /** Where the last value's core lies; -1: it is the whole of it. */
  #coreFrom = -1;
  #coreTo = -1;
  /** Two integers a record, as of the bounds. */
  #routes: number[] | null = null;

  constructor(headers: Headers, capacity = 4 * 1024, tombstoneHeaders = headers, occasion = unsaid) {
    this.headers = headers;
    this.tombstoneHeaders = tombstoneHeaders;
    this.occasion = occasion;
    this.bytes = Buffer.allocUnsafeSlow((capacity + 3) & ~3);
    this.words = wordsOf(this.bytes);
    this.view = viewOf(this.bytes);
  }

  get count(): number {
    return this.#count;
  }

  /** Where key and value of each record lie, four integers a record: key from, key to, value from, value to; -1 and -1 of what is null. */
  get bounds(): Int32Array {
    return this.#bounds;
  }

  /** Milliseconds since 1970 of each record. */
  get timestamps(): Float64Array {
    return this.#timestamps;
  }

  /** Headers that a record has beside the batch's, whose names are others; null: no record has any. */
  get ownHeaders(): readonly (Headers | undefined)[] | null {
    return this.#own;
  }

  /** Where the bytes lie that decide a record's partition in place of its key, from and to; null: the keys do. */
  get routes(): readonly number[] | null {
    return this.#routes;
  }

  /** Makes room for so many bytes after `length`, and a word more; `bytes` may be another buffer afterwards. */
  reserve(bytes: number): void {
    const needed = this.length + bytes + Int32Array.BYTES_PER_ELEMENT;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max((needed + 3) & ~3, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    this.words = wordsOf(larger);
    this.view = viewOf(larger);
  }

  /** One more record, whose bytes are there already. Both ends of what is null are -1. */
  push(keyFrom: number, keyTo: number, valueFrom: number, valueTo: number, timestamp: number): void {
    const at = this.#count * stride;
    if (at === this.#bounds.length) this.#grow();
    this.#bounds[at] = keyFrom;
    this.#bounds[at + 1] = keyTo;
    this.#bounds[at + 2] = valueFrom;
    this.#bounds[at + 3] = valueTo;
    this.#timestamps[this.#count] = timestamp;
    this.#count += 1;
  }

  /** Headers of a record's own, beside those that it has of its own already. */
  addHeaders(at: number, headers: Headers): void {
    this.#own ??= [];
    const others = this.#own[at];
    this.#own[at] = others === undefined ? headers : { ...others, ...headers };
  }

  /** What decides a record's partition. */
  addRoute(at: number, bytes: Uint8Array): void {
    this.#routes ??= [];
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.#routes[at * 2] = this.length;
    this.length += bytes.length;
    this.#routes[at * 2 + 1] = this.length;
  }

  /** Copies a record of another batch in, with all that belongs to it. */
  take(from: RecordBatch, at: number): void {
    this.add({ key: from.key(at), value: from.value(at), timestamp: String(from.timestamps[at]) });
    const own = from.ownHeaders?.[at];
    if (own !== undefined) this.addHeaders(this.#count - 1, own);
    const route = from.#route(at);
    if (route !== null) this.addRoute(this.#count - 1, route);
  }

  /** Of the value that is pushed next: the part that is the row, and nothing of when and why it left. */
  markCore(from: number, to: number): void {
    this.#coreFrom = from;
    this.#coreTo = to;
  }

  /** Where begins what the last record says of its row: the same bytes for the same row, whenever it leaves. -1: a tombstone. */
  get coreFrom(): number {
    const value = this.#bounds[(this.#count - 1) * stride + 2] as number;
    return value < 0 || this.#coreFrom < 0 ? value : this.#coreFrom;
  }

  /** Where it ends. */
  get coreTo(): number {
    return this.#coreFrom < 0 ? (this.#bounds[(this.#count - 1) * stride + 3] as number) : this.#coreTo;
  }

  /** What the last record says of its row, a view as of `value`: the same row gives the same bytes, whenever it leaves. null: a tombstone. */
  core(): Buffer | null {
    const from = this.coreFrom;
    return from < 0 ? null : this.bytes.subarray(from, this.coreTo);
  }

  /** Copies a record in. */
  add({ key, value, timestamp }: Pick<OutboundRecord, 'key' | 'value' | 'timestamp'>): void {
    this.#coreFrom = -1;
    const [keyFrom, keyTo] = this.#copy(key);
    const [valueFrom, valueTo] = this.#copy(value);
    this.push(keyFrom, keyTo, valueFrom, valueTo, Number(timestamp));
  }

  /** Takes the last record back. */
  pop(): void {
    this.#count -= 1;
    if (this.#own !== null && this.#own.length > this.#count) this.#own.length = this.#count;
    if (this.#routes !== null && this.#routes.length > this.#count * 2) this.#routes.length = this.#count * 2;
    const at = this.#count * stride;
    const [keyFrom, valueFrom] = [this.#bounds[at] as number, this.#bounds[at + 2] as number];
    if (keyFrom >= 0) this.length = keyFrom;
    else if (valueFrom >= 0) this.length = valueFrom;
  }

  clear(): void {
    this.#count = 0;
    this.length = 0;
    this.#own = null;
    this.#routes = null;
  }

  /** The record's key, a view that lasts as long as the batch. */
  key(at: number): Buffer | null {
    return this.#view(at * stride);
  }

  /** The record's value, a view that lasts as long as the batch; null: a tombstone. */
  value(at: number): Buffer | null {
    return this.#view(at * stride + 2);
  }

  /** Bytes of key and value. */
  sizeOf(at: number): number {
    const place = at * stride;
    const bounds = this.#bounds;
    return (bounds[place + 1] as number) - (bounds[place] as number) + (bounds[place + 3] as number) - (bounds[place + 2] as number);
  }

  record(at: number): OutboundRecord {
    const value = this.value(at);
    const shared = value === null ? this.tombstoneHeaders : this.headers;
    const own = this.#own?.[at];
    const headers = own === undefined ? shared : { ...shared, ...own };
    const route = this.#route(at);
    return { key: this.key(at), value, timestamp: String(this.#timestamps[at]), headers, ...(route === null ? {} : { route }) };
  }

  *records(): Generator<OutboundRecord, void, undefined> {
    for (let at = 0; at < this.#count; at += 1) yield this.record(at);
  }

  #route(at: number): Buffer | null {
    const from = this.#routes?.[at * 2];
    return from === undefined ? null : this.bytes.subarray(from, this.#routes?.[at * 2 + 1]);
  }

  #view(at: number): Buffer | null {
    const from = this.#bounds[at] as number;
    return from < 0 ? null : this.bytes.subarray(from, this.#bounds[at + 1]);
  }

  #copy(bytes: Buffer | null): readonly [number, number] {
    if (bytes === null) return [-1, -1];
    this.reserve(bytes.length);
    const from = this.length;
    this.length += bytes.copy(this.bytes, from);
    return [from, this.length];
  }

  #grow(): void {
    const bounds = new Int32Array(this.#bounds.length * 2);
    bounds.set(this.#bounds);
    this.#bounds = bounds;
    const timestamps = new Float64Array(this.#timestamps.length * 2);
    timestamps.set(this.#timestamps);
    this.#timestamps = timestamps;
  }
}

const viewOf = ({ buffer, length }: Buffer): DataView => new DataView(buffer, 0, length);
const wordsOf = ({ buffer, length }: Buffer): Int32Array => new Int32Array(buffer, 0, length >> 2);
