import type { OutboundRecord } from '../model/record.ts';
import { RecordBatch } from '../model/record-batch.ts';
import type { Sink, SinkLimits } from '../sink/sink.ts';

export interface Acked<Mark> {
  readonly records: number;
  readonly bytes: number;
  /** The newest mark whose every row is in this batch or an earlier one; null when none was set. */
  readonly mark: Mark | null;
}

interface Parcel<Mark> {
  readonly batch: RecordBatch;
  bytes: number;
  mark: Mark | null;
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
    this.#overhead = 40;
    for (const [name, value] of Object.entries(options.headers)) this.#overhead += name.length + value.length + 8;
    this.#filling = this.#parcel();
  }

  /** Where the next record is to be written, at its end; then `add` or `discard`. */
  get open(): RecordBatch {
    return this.#filling.batch;
  }

  /** The record at the end of `open` leaves. `before`: the mark of what was added before it, asked for where a batch ends there. */
  add(before: () => Mark | null): void {
    const { batch, bytes } = this.#filling;
    const size = this.#weight(batch);
    const { limits } = this.#options;
    if (batch.count > 1 && (batch.count > limits.records || bytes + size > limits.bytes)) this.#carryOver(batch, before());
    this.#filling.bytes += size;
  }

  /** The record at the end of `open` does not leave. */
  discard(): void {
    this.#filling.batch.pop();
  }

  /** Every row up to this mark has been added. */
  reach(mark: Mark): void {
    this.#filling.mark = mark;
  }

  /** What has been added so far does not wait for its batch to fill. */
  flush(): void {
    this.#seal();
  }

  /** Some batch waits to be sent. */
  get full(): boolean {
    return this.#full.length > 0;
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
      batch: this.#free.pop() ?? new RecordBatch(this.#options.headers, undefined, this.#options.tombstoneHeaders),
      bytes: 0,
      mark: null,
    };
  }

  #weight(batch: RecordBatch): number {
    return this.#overhead + batch.sizeOf(batch.count - 1);
  }

  /** The last record begins the next batch. */
  #carryOver(batch: RecordBatch, mark: Mark | null): void {
    const last = batch.record(batch.count - 1);
    const next = this.#parcel();
    next.batch.add(last);
    batch.pop();
    if (mark !== null) this.#filling.mark = mark;
    this.#full.push(this.#filling);
    this.#filling = next;
  }

  #seal(): void {
    if (this.#filling.batch.count === 0 && this.#filling.mark === null) return;
    this.#full.push(this.#filling);
    this.#filling = this.#parcel();
  }

  #recycle(batch: RecordBatch): void {
    if (batch.bytes.length > kept || this.#free.length > this.#options.limits.inFlight) return;
    batch.clear();
    this.#free.push(batch);
  }

  #start({ batch, bytes, mark }: Parcel<Mark>): void {
    const { sink, topic, signal, onAcked } = this.#options;
    const records = batch.count;
    const sent = records === 0 ? Promise.resolve() : sink.send(topic, batch, signal);
    // At once, and not after the commit of the batch before: whatever is started meanwhile would be
    // written in front of the repetition of this one, and older rows would overwrite newer ones.
    sent.catch((reason: unknown) => {
      this.#failure ??= { reason };
    });
    const before = this.#completed;
    const done = (async (): Promise<void> => {
      // The wait for the earlier batch comes second, so that a failed send is never left unhandled.
      const [outcome] = await Promise.allSettled([sent, before]);
      await before;
      if (outcome.status === 'rejected') throw outcome.reason;
      this.#recycle(batch);
      await onAcked({ records, bytes, mark });
      this.#underWay = this.#underWay.filter((other) => other !== done);
    })();
    done.catch((reason: unknown) => {
      this.#failure ??= { reason };
    });
    this.#underWay.push(done);
    this.#completed = done;
  }
}
