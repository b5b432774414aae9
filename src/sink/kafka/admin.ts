import type { Admin } from 'kafkajs';
import { orAbort, throwIfAborted, within } from '../../kit/abort.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { KafkaSinkConfig } from '../sink-config.ts';
import { openClient } from './client.ts';
import { sortKafkaError } from './errors.ts';
import type { KafkaLog } from './log.ts';

export interface AdminTask {
  /** For the message of a failure: `looking at topic shop.orders`. */
  readonly what: string;
  /** Milliseconds for all of it, connecting included. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

export type WithAdmin = <T>(task: AdminTask, work: (admin: Admin) => Promise<T>) => Promise<T>;

const disconnectWithin = 1000;

/**
 * Runs work on an admin connection of its own, closed afterwards. It is needed a few times in the
 * life of a process, and an open one would have to be looked after in between. LIB301 when the
 * deadline passes: an admin request is answered in milliseconds or not at all.
 */
export function adminOf(config: KafkaSinkConfig, log: KafkaLog): WithAdmin {
  return async ({ what, deadline, signal }, work) => {
    throwIfAborted(signal);
    const client = openClient(config, log);
    const admin = client.kafka.admin();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const words = `${what} at ${config.brokers.join(', ')}: no answer within ${deadline} ms`;
      timer = setTimeout(() => reject(new LiberateError('LIB301', words)), deadline);
    });
    try {
      const done = admin.connect().then(() => work(admin));
      const result = await orAbort(Promise.race([done, late]), signal);
      await within(disconnectWithin, admin.disconnect());
      return result;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      // When no broker answers, kafkajs reads the metadata that it has not got.
      if (error instanceof TypeError)
        throw new LiberateError('LIB301', `${what} at ${config.brokers.join(', ')}: no broker answers`, { cause: error });
      throw sortKafkaError(error, { what, brokers: config.brokers });
    } finally {
      clearTimeout(timer);
      client.cut();
    }
  };
}
