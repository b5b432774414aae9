import { expect } from 'vitest';
import { LiberateError } from '../../../src/kit/errors.ts';
import type { RecordBatch } from '../../../src/model/record-batch.ts';
import type { Sink } from '../../../src/sink/sink.ts';
import { batchOf } from '../batch.ts';
import { never, record } from './place.ts';

export interface Published {
  /** Codes of the failures that the caller met. */
  readonly codes: readonly string[];
  /** Sends that were under way together, at most. */
  readonly most: number;
}

export interface Stream {
  readonly sink: Sink;
  readonly topic: string;
  readonly batches: number;
  make(number: number): RecordBatch;
  /** Called after each send that was started, with its number. */
  readonly meanwhile?: (number: number) => Promise<void> | void;
  /** Waits before the next try. */
  readonly afterFailure?: () => Promise<void>;
}

/**
 * As an engine publishes: as many sends under way as the sink allows; after a failure it waits for
 * all of them and begins again behind the last batch whose predecessors are all acknowledged.
 */
export async function publish({
  sink,
  topic,
  batches,
  make,
  meanwhile = () => undefined,
  afterFailure = async () => undefined,
}: Stream): Promise<Published> {
  const { inFlight } = sink.limits(topic);
  const codes: string[] = [];
  let most = 0;
  for (let done = 0, rounds = 0; done < batches; rounds += 1) {
    if (rounds > 200) throw new Error(`batch ${done} was never acknowledged: ${codes.slice(-10).join(' ')}`);
    const underWay: Promise<unknown>[] = [];
    let failure: unknown = null;
    for (let next = done; next < batches && failure === null; next += 1) {
      const send = sink.send(topic, make(next), never).catch((error: unknown) => {
        failure ??= error;
        return error;
      });
      underWay.push(send);
      most = Math.max(most, underWay.length);
      await meanwhile(next);
      if (underWay.length < inFlight) continue;
      if ((await underWay.shift()) !== undefined) break;
      done += 1;
    }
    for (const error of await Promise.all(underWay)) {
      failure ??= error;
      if (failure === undefined || failure === null) done += 1;
    }
    if (failure === null || failure === undefined) continue;
    if (!(failure instanceof LiberateError) || !failure.transient) throw failure;
    codes.push(failure.code);
    await afterFailure();
  }
  return { codes, most };
}

/** Batch `number`, which says so in each of its records. */
export const numbered = (number: number, records = 20): RecordBatch =>
  batchOf(Array.from({ length: records }, (_, at) => record(`key ${at % 5}`, `${number} ${at}`)));

/**
 * Every batch is there; each follows its predecessor, whole or as the begin of a repetition: none is
 * ever met before the one in front of it, and after a step back all come again.
 */
export function expectStream(values: readonly (string | null)[], batches: number, records = 20): void {
  const numbers = values.map((value) => (value as string).split(' ').map(Number) as [number, number]);
  expect(numbers.length % records).toBe(0);
  let before = -1;
  for (let at = 0; at < numbers.length; at += records) {
    const whole = numbers.slice(at, at + records);
    const [number] = whole[0] as [number, number];
    expect(whole).toEqual(Array.from({ length: records }, (_, place) => [number, place]));
    expect(number).toBeLessThanOrEqual(before + 1);
    before = number;
  }
  expect(before).toBe(batches - 1);
}
