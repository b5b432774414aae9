import type { Sequence } from './batch-header.ts';
import type { ProducerId } from './init-producer-id.ts';

const none: Sequence = { producerId: -1n, epoch: -1, sequence: -1 };

interface Numbered {
  /** Number of the next record. */
  next: number;
  /** The first batch while it is under way; null afterwards. */
  first: Promise<unknown> | null;
}

/** Numbers the records of each partition of a topic, for one producer; `id` null: not idempotent, nothing is numbered. */
export class Sequences {
  readonly #id: ProducerId | null;
  readonly #partitions = new Map<number, Numbered>();

  constructor(id: ProducerId | null) {
    this.#id = id;
  }

  /**
   * A broker refuses a batch whose predecessor it does not have, which is what lets several be under
   * way; but it takes any from a producer that it has not met in the partition. So the second batch
   * waits here until the first is acknowledged. Rejects as the first does.
   */
  async met(partition: number): Promise<void> {
    await this.#partitions.get(partition)?.first;
  }

  /** Of a batch of `count` records that leaves now. */
  take(partition: number, count: number): Sequence {
    if (this.#id === null) return none;
    const numbered = this.#partitions.get(partition) ?? { next: 0, first: null };
    const sequence = numbered.next;
    // As 31 bits, after the last of which comes 0.
    numbered.next = (sequence + count) % 2 ** 31;
    this.#partitions.set(partition, numbered);
    return { producerId: this.#id.id, epoch: this.#id.epoch, sequence };
  }

  /** The batch that begins with 0, and thus meets the broker, is under way. */
  begin(partition: number, acknowledged: Promise<unknown>): void {
    const numbered = this.#partitions.get(partition);
    if (numbered === undefined) return;
    numbered.first = acknowledged;
    acknowledged.then(
      () => (numbered.first = null),
      () => undefined,
    );
  }
}
