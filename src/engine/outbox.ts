import type { DeadLetter, RowText } from '../model/dead-letter.ts';
import type { OutboundRecord } from '../model/record.ts';
import { type Occasion, RecordBatch } from '../model/record-batch.ts';
import type { Sink, SinkLimits } from '../sink/sink.ts';
import { sendApart } from './apart.ts';
import type { BadRows } from './bad-rows.ts';

export interface Acked<Mark> {
  /** Rows, of which some may have had more than one record. */
  readonly records: number;
  /** Those that the sink refused, and that are dead letters now; left out: none. */
  readonly refused?: number;
  readonly bytes: number;
  /** The newest mark whose every row is in this batch or an earlier one; null when none was set. */
  readonly mark: Mark | null;
}

interface Parcel<Mark> {
  readonly batch: RecordBatch;
  /** Records of the batch that leave; any behind them belong to the row that is looked at. */
  added: number;
  /** How many of them are one more of the same row. */
  more: number;
  bytes: number;
  mark: Mark | null;
  /** Of rows that were met among these and cannot be published: durable before the mark is told. */
  letters: DeadLetter[];
  /** Of the records, where a refused batch is taken apart. */
  rows: RowText[];
}

export interface OutboxOptions<Mark> {
  readonly sink: Pick<Sink, 'send'>;
  readonly topic: string;
  /** Of every record. */
  readonly headers: OutboundRecord['headers'];
  /** Of those without a value; left out: the same. */
  readonly tombstoneHeaders?: OutboundRecord['headers'];
  readonly limits: SinkLimits;
  readonly signal: AbortSignal;
  /** Takes what cannot be published; none: that is a failure. */
  readonly bad?: BadRows | null;
  /** What is told with the events. */
  readonly occasion?: Occasion;
  /** Told in order, one at a time, after the sink has acknowledged the batch and all before it. */
  readonly onAcked: (acked: Acked<Mark>) => Promise<void>;
}

/** A batch that one wide row has grown beyond this is not used again. */
const kept = 4 * 1024 * 1024;

/**
 * Between reading and sending: fills batches by bytes and count, keeps a bounded number under way, and
 * completes them in order however they are acknowledged. Back-pressure: `ready` waits for room.
 */
export class Outbox<Mark> {
  readonly #options: OutboxOptions<Mark>;
  /** What a record weighs beside its key and value, on the wire: a little more rather than less. */
  readonly #overhead: number;
  #filling: Parcel<Mark>;
  readonly #full: Parcel<Mark>[] = [];
  /** Batches that were acknowledged: nobody reads them any more. */
  readonly #free: RecordBatch[] = [];
  /** Completions in order; each resolves after its `onAcked`. */
  #underWay: Promise<void>[] = [];
  #completed: Promise<void> = Promise.resolve();
  #failure: { readonly reason: unknown } | null = null;

  constructor(options: OutboxOptions<Mark>) {
    this.#options = options;
    this.#overhead = 40 + weightOf(options.headers);
    this.#filling = this.#parcel();
  }

  /** Where the next record is to be written, at its end; then `add` or `discard`. */
  get open(): RecordBatch {
    return this.#filling.batch;
  }

  /**
   * What is new at the end of `open`, one row's, leaves. `before`: the mark of what was added before it, asked for where a batch ends there.
   * `row`: what it was made of, where a refused batch is taken apart.
   */
  add(before: () => Mark | null, row?: RowText): void {
    const { batch, bytes, added } = this.#filling;
    const size = this.#weight(batch, added);
    const { limits } = this.#options;
    if (added > 0 && (batch.count > limits.records || bytes + size > limits.bytes)) this.#carryOver(batch, added, before());
    const filling = this.#filling;
    if (row !== undefined) while (filling.rows.length < filling.batch.count) filling.rows.push(row);
    filling.bytes += size;
    filling.more += filling.batch.count - filling.added - 1;
    filling.added = filling.batch.count;
  }

  /** What is new at the end of `open` does not leave. */
  discard(): void {
    const { batch, added } = this.#filling;
    while (batch.count > added) batch.pop();
  }

  /** A row between those that are added cannot be published. */
  refuse(letter: DeadLetter): void {
    this.#filling.letters.push(letter);
  }

  /** Every row up to this mark has been added. */
  reach(mark: Mark): void {
    this.#filling.mark = mark;
  }

  /** What has been added so far does not wait for its batch to fill. */
  flush(): void {
    this.#seal();
  }

  /** Batches that wait to be sent. */
  get waiting(): number {
    return this.#full.length;
  }

  /** Sends what is full; resolves when there is room for more. Rejects with the first failure, after which nothing is sent. */
  async ready(): Promise<void> {
    for (let parcel = this.#full.shift(); parcel !== undefined; parcel = this.#full.shift()) {
      while (this.#underWay.length >= this.#options.limits.inFlight) await this.#underWay[0];
      if (this.#failure !== null) throw this.#failure.reason;
      this.#start(parcel);
    }
  }

  /** Sends all there is and waits until everything is acknowledged and told. */
  async drain(): Promise<void> {
    this.#seal();
    await this.ready();
    await this.#completed;
  }

  /** Waits for what is under way, whatever its outcome: nothing of this outbox is sent afterwards. */
  async settle(): Promise<void> {
    this.#full.length = 0;
    await Promise.allSettled(this.#underWay);
  }

  #parcel(): Parcel<Mark> {
    return {
      batch: this.#free.pop() ?? new RecordBatch(this.#options.headers, undefined, this.#options.tombstoneHeaders, this.#options.occasion),
      added: 0,
      more: 0,
      bytes: 0,
      mark: null,
      letters: [],
      rows: [],
    };
  }

  /** Of the records from this one on. */
  #weight(batch: RecordBatch, first: number): number {
    let bytes = 0;
    for (let at = first; at < batch.count; at += 1) {
      const own = batch.ownHeaders?.[at];
      bytes += this.#overhead + batch.sizeOf(at) + (own === undefined ? 0 : weightOf(own));
    }
    return bytes;
  }

  /** The records of the last row begin the next batch. */
  #carryOver(batch: RecordBatch, first: number, mark: Mark | null): void {
    const next = this.#parcel();
    for (let at = first; at < batch.count; at += 1) next.batch.take(batch, at);
    while (batch.count > first) batch.pop();
    if (mark !== null) this.#filling.mark = mark;
    this.#full.push(this.#filling);
    this.#filling = next;
  }

  #seal(): void {
    const { batch, mark, letters } = this.#filling;
    if (batch.count === 0 && mark === null && letters.length === 0) return;
    this.#full.push(this.#filling);
    this.#filling = this.#parcel();
  }

  #recycle(batch: RecordBatch): void {
    if (batch.bytes.length > kept || this.#free.length > this.#options.limits.inFlight) return;
    batch.clear();
    this.#free.push(batch);
  }

  /** How many records have arrived, once the letters among them are durable too. The batch is handed on at once: the next must not overtake it. */
  async #deliver({ batch, letters, rows }: Parcel<Mark>): Promise<number> {
    const { sink, topic, signal, bad = null } = this.#options;
    const { count } = batch;
    if (bad?.careful) return this.#deliverApart(bad, batch, letters, rows);
    const sent = count === 0 ? Promise.resolve() : this.#watched(sink.send(topic, batch, signal));
    if (letters.length > 0) await Promise.all([sent, bad?.keep(letters, signal)]);
    else await sent;
    return count;
  }

  async #deliverApart(bad: BadRows, batch: RecordBatch, letters: readonly DeadLetter[], rows: readonly RowText[]): Promise<number> {
    const { sink, topic, signal } = this.#options;
    const { count } = batch;
    const refused = count === 0 ? [] : await sendApart(batch, (part) => sink.send(topic, part, signal));
    const found = refused.map(({ at, error }) => bad.letter(batch.key(at), rows[at] ?? {}, error));
    if (letters.length + found.length > 0) await bad.keep([...letters, ...found], signal);
    return count - refused.length;
  }

  /**
   * A failure is known the moment that the sink tells it, not some turns later: what would be started between would be
   * written in front of the repetition of this one, and older rows would overwrite newer ones.
   */
  #watched<T>(work: Promise<T>): Promise<T> {
    work.catch((reason: unknown) => {
      this.#failure ??= { reason };
    });
    return work;
  }

  #start(parcel: Parcel<Mark>): void {
    const { onAcked } = this.#options;
    const { batch, bytes, mark } = parcel;
    const settled = batch.count;
    const { more } = parcel;
    // Watched for its letters too; at once, and not after the commit of the batch before.
    const sent = this.#watched(this.#deliver(parcel));
    const before = this.#completed;
    const done = (async (): Promise<void> => {
      // The wait for the earlier batch comes second, so that a failed send is never left unhandled.
      const [outcome] = await Promise.allSettled([sent, before]);
      await before;
      if (outcome.status === 'rejected') throw outcome.reason;
      this.#recycle(batch);
      const refused = settled - outcome.value;
      await onAcked({ records: Math.max(0, outcome.value - more), bytes, mark, ...(refused === 0 ? {} : { refused }) });
      this.#underWay = this.#underWay.filter((other) => other !== done);
    })();
    this.#underWay.push(this.#watched(done));
    this.#completed = done;
  }
}

function weightOf(headers: OutboundRecord['headers']): number {
  let bytes = 0;
  for (const name in headers) bytes += name.length + (headers[name] as string).length + 8;
  return bytes;
}
