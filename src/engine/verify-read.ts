import { throwIfAborted } from '../kit/abort.ts';
import { LiberateError } from '../kit/errors.ts';
import { RecordBatch } from '../model/record-batch.ts';
import type { RowBatch } from '../model/row.ts';
import type { ReadRequest } from '../query/request.ts';
import type { StreamPosition } from '../sink/stream-reader.ts';
import { requestOf } from './job-plan.ts';
import { readLetters } from './letters.ts';
import { encodeOf } from './record.ts';
import type { VerifyContext } from './verify-context.ts';
import { digestWords, putDigest, recordWords } from './verify-digest.ts';
import { DigestTable } from './verify-table.ts';

/** What is looked at of a row or an event; valid during the call. */
export type Look = (record: Uint32Array, key: Buffer) => void;

/**
 * The relation in one statement, so from one snapshot, in no order where none is needed. A query has its cursor, for it
 * may name `:since`; its rows without a cursor then take a second statement. `from`: as the job began.
 */
export function wholeOf({ plan, source }: Pick<VerifyContext, 'plan' | 'source'>, from: boolean): readonly ReadRequest[] {
  const { initial, nulls } = plan.job;
  const [cursor] = plan.cursor;
  const begins = from && initial.kind === 'from' && cursor !== undefined ? source.parseCursor(initial.value, cursor) : null;
  if (cursor === undefined || (begins === null && plan.relation.kind === 'table'))
    return [requestOf(plan, { cursor: [], key: [], window: { kind: 'all' } })];
  const window = begins === null ? ({ kind: 'all' } as const) : ({ kind: 'range', from: begins, to: null } as const);
  const withCursor = requestOf(plan, { key: [], window });
  return nulls === 'include' ? [withCursor, requestOf(plan, { key: [], window: { kind: 'nulls' } })] : [withCursor];
}

/** Every row of the relation that counts, as it is now, encoded as the job publishes it. */
export async function readRows(context: VerifyContext, from: boolean, look: Look, signal: AbortSignal): Promise<void> {
  const { plan, source, reader } = context;
  const encode = encodeOf(plan);
  const record = new Uint32Array(recordWords);
  const event = new RecordBatch({});
  const progress = context.progress('rows');
  for (const request of wholeOf(context, from)) {
    for await (const rows of source.read(request, signal)) {
      throwIfAborted(signal);
      if (rows.count > 0) await confirmed(rows);
      for (let at = 0; at < rows.count; at += 1) {
        event.clear();
        encode(rows, at, event);
        // Marked as deleted: its key counts as absent.
        const value = event.core();
        if (value === null) continue;
        const key = reader.asRead(event.key(0) as Buffer);
        putDigest(key, record, 0);
        putDigest(reader.asRead(value), record, digestWords);
        look(record, key);
      }
      progress(rows.count);
    }
  }
}

/** Rows of a relation that has changed since it was looked at would be compared in a shape that nobody publishes any more. */
async function confirmed(rows: RowBatch): Promise<void> {
  try {
    await rows.confirm?.();
  } catch (thrown) {
    if (!(thrown instanceof LiberateError) || thrown.code !== 'LIB215') throw thrown;
    throw new LiberateError('LIB215', thrown.message, { cause: thrown, cure: 'Verify again, once the job has polled it as it is now.' });
  }
}

/** The events from one place of the topic to another; `look` ends it with false. */
export async function readEvents(
  context: VerifyContext,
  from: StreamPosition | null,
  to: StreamPosition,
  look: (record: Uint32Array, key: Buffer) => unknown,
  signal: AbortSignal,
): Promise<void> {
  const { plan, reader } = context;
  const { rowIn } = plan.encoder;
  const record = new Uint32Array(recordWords);
  const progress = context.progress('events');
  for await (const events of reader.read(plan.topic.name, from, to, signal)) {
    throwIfAborted(signal);
    for (const { key, value } of events) {
      if (key === null) {
        throw new LiberateError('LIB304', `topic ${plan.topic.name} holds a record without a key, so it folds to no table`, {
          cure: 'Look who else writes to it, or publish to a topic of its own.',
        });
      }
      putDigest(key, record, 0);
      putDigest(value === null || rowIn === undefined ? value : rowIn(value), record, digestWords);
      if (look(record, key) === false) return;
    }
    progress(events.length);
  }
}

/** Keys of which a dead letter stands. */
export async function letteredKeys({ plan, reader }: VerifyContext, signal: AbortSignal): Promise<DigestTable> {
  const keys = new DigestTable();
  if (plan.letters === null) return keys;
  const record = new Uint32Array(digestWords);
  for (const { key } of (await readLetters(reader, plan.letters.name, plan.name, signal)).values()) {
    if (key === null) continue;
    putDigest(reader.asRead(Buffer.from(key)), record, 0);
    keys.take(record, 0);
  }
  return keys;
}
