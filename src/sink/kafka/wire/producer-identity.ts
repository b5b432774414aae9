import { setTimeout } from 'node:timers/promises';
import type { Broker } from './brokers.ts';
import { BrokerFault } from './faults.ts';
import { initProducerId, type ProducerId } from './init-producer-id.ts';

const lastEpoch = 0x7fff;
const mostTries = 20;
/** Milliseconds. */
const betweenTries = 100;

/** After these the broker knows nothing of the producer, or of a newer one. */
const forgotten: ReadonlySet<string> = new Set(['UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']);

/** A broker that has just started has no ids to give for a moment; asking again repeats nothing that was written. */
async function patiently(ask: () => Promise<ProducerId>): Promise<ProducerId> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof BrokerFault) || !error.retriable || tries === mostTries) throw error;
      // Bounded, and after a cut the next question fails at once: no signal is needed.
      await setTimeout(betweenTries);
    }
  }
}

/**
 * The producer id of a sink, the same for all producers that follow each other. Each of them has the
 * next epoch: a broker refuses a batch of an older epoch once it has one of a newer, so what a
 * producer that was given up left on its way cannot arrive behind its own repetition. And within a
 * new epoch it takes only a batch that counts from 0, so none can arrive whose predecessor failed.
 */
export class ProducerIdentity {
  #last: ProducerId | null = null;

  /** For one more producer. BrokerFault CLUSTER_AUTHORIZATION_FAILED where the user may not. */
  async next({ connection, versions }: Broker): Promise<ProducerId> {
    const last = this.#last;
    if (last !== null && last.epoch < lastEpoch) this.#last = { id: last.id, epoch: last.epoch + 1 };
    else this.#last = await patiently(() => initProducerId(connection, versions('initProducerId')));
    return this.#last;
  }

  /** The producer of this id met `error`: perhaps the id is of no use any more. */
  judge(error: unknown, id: ProducerId): void {
    if (error instanceof BrokerFault && forgotten.has(error.type) && this.#last?.id === id.id) this.#last = null;
  }
}
