import { orAbort, throwIfAborted } from '../../kit/abort.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import type { RecordProducer } from './producer.ts';

/** One producer and the sends that it has under way. */
interface Generation {
  readonly producer: RecordProducer;
  readonly cutters: Set<(reason: Error) => void>;
  retired: boolean;
}

interface Attempt {
  readonly generation: Generation;
  /** Resolves when its outcome can no longer change what is in the topic. */
  readonly over: Promise<void>;
  /** Its caller has gone, by an abort. */
  abandoned: boolean;
  /** It failed, and its caller is about to be told. */
  failed: { readonly reason: unknown } | null;
  /** Nothing has to wait for it, or fail with it, any more. */
  readonly forget: () => void;
}

/** What the sink knows of batches and errors. */
export interface Judgement {
  /** Throws for a batch that cannot be sent. */
  refuse(topic: string, batch: RecordBatch): void;
  /** What the caller of a failed send is told instead. */
  explain(error: unknown, topic: string, batch: RecordBatch, signal: AbortSignal): Promise<unknown>;
}

/** A send had no answer in time. `own`: this one; otherwise one beside it on the same connections. */
export class NoAnswer extends Error {
  readonly own: boolean;

  constructor(own: boolean) {
    super('no answer within the deadline');
    this.own = own;
  }
}

/**
 * Sends batches through a producer that is replaced after every failure.
 *
 * Why replaced, also where the failure is plain: kafkajs gives back the sequence numbers of all
 * partitions of a failed request, though the broker may have written some or all of them. The next
 * batch would take the same numbers: with as many records as before the broker takes it for a repetition and
 * drops it (rows lost), otherwise it answers OUT_OF_ORDER_SEQUENCE_NUMBER for ever. A new
 * producer has a new id and counts from 0, so the repeated batch is written: at least once.
 *
 * Why the order holds: a repetition carries another producer id, so the broker cannot tell it from
 * its original; the original must not arrive after it. So a batch is only sent when every earlier
 * batch of its topic on another producer, or left behind by an abort, is over: answered, or its
 * connections cut by a reset, which discards what the kernel still holds. What the broker had
 * already received it handles before the new connection, whose handshakes each wait for an answer
 * of the same broker, has got as far as a batch.
 *
 * Why one failure is the end of all: whoever has several batches of a topic under way may send one
 * more before it hears that an earlier one has failed. That batch would be written before the
 * repetition of the earlier one. So it fails too, until the caller of the failed one has been told: until
 * the reactions to this very promise run, before which ours has been attached. A wrapper around it would
 * leave turns between, in which what is sent would be taken for the answer to the failure.
 */
export class Sender implements AsyncDisposable {
  readonly #open: () => RecordProducer;
  readonly #judgement: Judgement;
  readonly #deadline: number;
  readonly #attempts = new Map<string, Set<Attempt>>();
  readonly #generations = new Set<Generation>();
  #current: Generation | null = null;
  #closed = false;

  /** `deadline`: milliseconds for one send, connecting included. */
  constructor(open: () => RecordProducer, judgement: Judgement, deadline: number) {
    this.#open = open;
    this.#judgement = judgement;
    this.#deadline = deadline;
  }

  /** Rejects with the signal's reason, or with what `explain` makes of the error: NoAnswer, or what the producer throws. */
  send(topic: string, batch: RecordBatch, signal: AbortSignal): Promise<void> {
    let told = (): void => undefined;
    const sent = this.#send(topic, batch, signal, (forget) => {
      told = forget;
    });
    sent.catch(() => told());
    return sent;
  }

  /** `fails`: gets what is to be called when the caller is told. */
  async #send(topic: string, batch: RecordBatch, signal: AbortSignal, fails: (forget: () => void) => void): Promise<void> {
    for (let blocking = this.#blocking(topic); blocking.length > 0; blocking = this.#blocking(topic)) {
      await orAbort(Promise.all(blocking.map(({ over }) => over)), signal);
      const failed = blocking.find((one) => !one.abandoned && one.failed !== null)?.failed;
      if (failed) throw failed.reason;
    }
    throwIfAborted(signal);
    if (this.#closed) throw new Error('the sink is closed');
    const { work, attempt } = this.#start(topic, batch, signal);
    try {
      await orAbort(work, signal);
    } catch (error) {
      if (attempt.failed === null) attempt.abandoned = true;
      else fails(attempt.forget);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const current = this.#current;
    this.#current = null;
    for (const generation of this.#generations) {
      if (generation !== current) this.#cut(generation, null);
    }
    if (current === null) return;
    await current.producer.close();
    this.#cut(current, null);
  }

  #blocking(topic: string): readonly Attempt[] {
    const attempts = [...(this.#attempts.get(topic) ?? [])];
    return attempts.filter(({ abandoned, failed, generation }) => abandoned || failed !== null || generation !== this.#current);
  }

  #start(topic: string, batch: RecordBatch, signal: AbortSignal): { readonly work: Promise<void>; readonly attempt: Attempt } {
    this.#current ??= this.#begin();
    const generation = this.#current;
    const attempts = this.#attempts.get(topic) ?? new Set();
    this.#attempts.set(topic, attempts);
    const forget = (): void => {
      attempts.delete(attempt);
      if (attempts.size === 0 && this.#attempts.get(topic) === attempts) this.#attempts.delete(topic);
    };
    const refused = this.#refused(topic, batch);
    const explained = async (error: unknown): Promise<never> => {
      throw attempt.abandoned ? error : await this.#judgement.explain(error, topic, batch, signal);
    };
    const work = refused === null ? this.#run(generation, topic, batch).catch(explained) : Promise.reject(refused.reason);
    const over = work.then(forget, (reason: unknown) => {
      attempt.failed = { reason };
      if (attempt.abandoned) forget();
    });
    // A batch that is refused here fails those sent in the same turn, too.
    const attempt: Attempt = { generation, over, abandoned: false, failed: refused, forget };
    attempts.add(attempt);
    return { work, attempt };
  }

  #refused(topic: string, batch: RecordBatch): { readonly reason: unknown } | null {
    try {
      this.#judgement.refuse(topic, batch);
      return null;
    } catch (reason) {
      return { reason };
    }
  }

  #begin(): Generation {
    const generation: Generation = { producer: this.#open(), cutters: new Set(), retired: false };
    this.#generations.add(generation);
    return generation;
  }

  async #run(generation: Generation, topic: string, batch: RecordBatch): Promise<void> {
    let settle: (reason: Error) => void = () => undefined;
    // Not Promise.race with one long promise of the generation: it would keep a reaction of every send.
    const answered = new Promise<void>((resolve, reject) => {
      settle = reject;
      generation.producer.send(topic, batch).then(resolve, reject);
    });
    generation.cutters.add(settle);
    const timer = setTimeout(() => this.#cut(generation, settle), this.#deadline);
    try {
      await answered;
    } catch (error) {
      this.#retire(generation);
      throw error;
    } finally {
      clearTimeout(timer);
      generation.cutters.delete(settle);
      if (generation.retired && generation.cutters.size === 0) this.#end(generation);
    }
  }

  /** No further send goes to it; those that it has may still be answered. */
  #retire(generation: Generation): void {
    generation.retired = true;
    if (this.#current === generation) this.#current = null;
  }

  /** Ends all of its sends now; `late` is the one whose deadline passed. */
  #cut(generation: Generation, late: ((reason: Error) => void) | null): void {
    this.#retire(generation);
    generation.producer.cut();
    for (const cutter of generation.cutters) cutter(new NoAnswer(cutter === late));
    this.#generations.delete(generation);
  }

  #end(generation: Generation): void {
    // Cut and not closed: nothing is under way, and a polite disconnect may never settle.
    generation.producer.cut();
    this.#generations.delete(generation);
  }
}
