import type { OutboundRecord } from '../model/record.ts';
import type { Sink, SinkLimits } from '../sink/sink.ts';

export interface Acked<Mark> {
  readonly records: number;
  readonly bytes: number;
  /** The newest mark whose every row is in this batch or an earlier one; null when none was set. */
  readonly mark: Mark | null;
}

interface Batch<Mark> {
  readonly records: OutboundRecord[];
  bytes: number;
  mark: Mark | null;
}

export interface OutboxOptions<Mark> {
  readonly sink: Pick<Sink, 'send'>;
  readonly topic: string;
  readonly limits: SinkLimits;
  readonly signal: AbortSignal;
  /** Told in order, one at a time, after the sink has acknowledged the batch and all before it. */
  readonly onAcked: (acked: Acked<Mark>) => Promise<void>;
}

/**
 * Between reading and sending: fills batches by bytes and count, keeps a bounded number under way, and
 * completes them in order however they are acknowledged. Back-pressure: `ready` waits for room.
 */
export class Outbox<Mark> {
  readonly #options: OutboxOptions<Mark>;
  #filling: Batch<Mark> = { records: [], bytes: 0, mark: null };
  readonly #full: Batch<Mark>[] = [];
  /** Completions in order; each resolves after its `onAcked`. */
  #underWay: Promise<void>[] = [];
  #completed: Promise<void> = Promise.resolve();
  #failure: { readonly reason: unknown } | null = null;

  constructor(options: OutboxOptions<Mark>) {
    this.#options = options;
  }

  add(record: OutboundRecord): void {
    const size = recordBytes(record);
    const { limits } = this.#options;
    const { records, bytes } = this.#filling;
    if (records.length > 0 && (records.length >= limits.records || bytes + size > limits.bytes)) this.#seal();
    this.#filling.records.push(record);
    this.#filling.bytes += size;
  }

  /** Every row up to this mark has been added. */
  reach(mark: Mark): void {
    this.#filling.mark = mark;
  }

  /** What has been added so far does not wait for its batch to fill. */
  flush(): void {
    this.#seal();
  }

  /** Sends what is full; resolves when there is room for more. Rejects with the first failure, after which nothing is sent. */
  async ready(): Promise<void> {
    for (let batch = this.#full.shift(); batch !== undefined; batch = this.#full.shift()) {
      while (this.#underWay.length >= this.#options.limits.inFlight) await this.#underWay[0];
      if (this.#failure !== null) throw this.#failure.reason;
      this.#start(batch);
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

  #seal(): void {
    if (this.#filling.records.length === 0 && this.#filling.mark === null) return;
    this.#full.push(this.#filling);
    this.#filling = { records: [], bytes: 0, mark: null };
  }

  #start(batch: Batch<Mark>): void {
    const { sink, topic, signal, onAcked } = this.#options;
    const sent = batch.records.length === 0 ? Promise.resolve() : sink.send(topic, batch.records, signal);
    const before = this.#completed;
    const done = (async (): Promise<void> => {
      // The wait for the earlier batch comes second, so that a failed send is never left unhandled.
      const [outcome] = await Promise.allSettled([sent, before]);
      await before;
      if (outcome.status === 'rejected') throw outcome.reason;
      await onAcked({ records: batch.records.length, bytes: batch.bytes, mark: batch.mark });
      this.#underWay = this.#underWay.filter((other) => other !== done);
    })();
    done.catch((reason: unknown) => {
      this.#failure ??= { reason };
    });
    this.#underWay.push(done);
    this.#completed = done;
  }
}

/** Key, value and headers as they weigh on the wire, a little more rather than less. */
function recordBytes(record: OutboundRecord): number {
  let bytes = 40 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers)) bytes += name.length + value.length + 8;
  return bytes;
}
