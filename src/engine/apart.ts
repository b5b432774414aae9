import { LiberateError } from '../kit/errors.ts';
import { RecordBatch } from '../model/record-batch.ts';
import { isOfRow } from './refusals.ts';

/** A record that the sink does not take, by its place in the batch. */
export interface Refused {
  readonly at: number;
  readonly error: LiberateError;
}

/**
 * Sends a batch; of one that is refused for a record's sake, the halves, and their halves, until every other record is
 * there. Only while nothing else of the topic is on its way: halves may be written again, and must not come behind what is newer.
 */
export async function sendApart(batch: RecordBatch, send: (batch: RecordBatch) => Promise<void>): Promise<readonly Refused[]> {
  try {
    await send(batch);
    return [];
  } catch (error) {
    if (!(error instanceof LiberateError) || !isOfRow(error)) throw error;
    if (batch.count === 1) return [{ at: 0, error }];
  }
  const half = batch.count >> 1;
  const first = await sendApart(part(batch, 0, half), send);
  const second = await sendApart(part(batch, half, batch.count), send);
  return [...first, ...second.map(({ at, error }) => ({ at: at + half, error }))];
}

/** A copy: a batch that was refused must not be sent again. */
function part(batch: RecordBatch, from: number, to: number): RecordBatch {
  const copy = new RecordBatch(batch.headers, undefined, batch.tombstoneHeaders, batch.occasion);
  for (let at = from; at < to; at += 1) copy.take(batch, at);
  return copy;
}
