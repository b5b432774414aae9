import { expect, it, vi } from 'vitest';
import type { RecordBatch } from '../../../src/model/record-batch.ts';
import type { RecordProducer } from '../../../src/sink/kafka/producer.ts';
import { type Judgement, NoAnswer, Sender } from '../../../src/sink/kafka/sender.ts';
import { batchOf } from '../batch.ts';
import { never, record } from './place.ts';

interface Sent {
  readonly producer: number;
  readonly topic: string;
  readonly value: string | undefined;
  acknowledge(): void;
  fail(error: Error): void;
}

const lenient: Judgement = { refuse: () => undefined, explain: async (error) => error };

/** Producers whose sends the test answers itself. */
function scripted(deadline = 60_000, judgement: Partial<Judgement> = {}) {
  const sent: Sent[] = [];
  const closings: string[] = [];
  let producers = 0;
  const open = (): RecordProducer => {
    const producer = (producers += 1);
    return {
      send: (topic, batch) =>
        new Promise((acknowledge, fail) => {
          sent.push({ producer, topic, value: batch.value(0)?.toString(), acknowledge: () => acknowledge(), fail });
        }),
      close: async () => void closings.push(`close ${producer}`),
      cut: () => void closings.push(`cut ${producer}`),
    };
  };
  return { sender: new Sender(open, { ...lenient, ...judgement }, deadline), sent, closings, last: () => sent.at(-1) as Sent };
}

const one = (value: string): RecordBatch => batchOf([record('k', value)]);
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('keeps one producer as long as nothing fails', async () => {
  const { sender, sent, last } = scripted();
  for (const value of ['1', '2']) {
    const sending = sender.send('t', one(value), never);
    await settle();
    last().acknowledge();
    await sending;
  }
  expect(sent.map(({ producer }) => producer)).toEqual([1, 1]);
});

it('gives nothing that is sent behind a failure to the next producer, until the very turn in which its caller hears of it', async () => {
  const written: boolean[] = [];
  for (let turns = 0; turns < 30; turns += 1) {
    const { sender, sent } = scripted();
    let heard = false;
    sender.send('t', one('5'), never).catch(() => {
      heard = true;
    });
    await settle();
    sent[0]?.fail(new Error('no'));
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    const told = heard;
    const behind = sender.send('t', one('6'), never).catch(() => undefined);
    await settle();
    // On the first producer the broker refuses it: it lacks what comes before.
    expect([turns, sent.some(({ producer }) => producer === 2)]).toEqual([turns, told]);
    written.push(told);
    for (const { acknowledge } of sent) acknowledge();
    await behind;
  }
  // Both were met.
  expect(new Set(written).size).toBe(2);
});

it('takes a new producer after any failure, and ends the old one', async () => {
  const { sender, sent, last, closings } = scripted();
  const failing = sender.send('t', one('1'), never);
  await settle();
  last().fail(new Error('no'));
  await expect(failing).rejects.toThrow('no');
  expect(closings).toEqual(['cut 1']);
  const next = sender.send('t', one('1'), never);
  await settle();
  last().acknowledge();
  await next;
  expect(sent.map(({ producer }) => producer)).toEqual([1, 2]);
});

it('lets the sends of other topics finish on a producer that one failure has retired', async () => {
  const { sender, sent, closings } = scripted();
  const failing = sender.send('a', one('1'), never);
  const other = sender.send('b', one('1'), never);
  await settle();
  sent[0]?.fail(new Error('no'));
  await expect(failing).rejects.toThrow('no');
  expect(closings).toEqual([]);

  // The topic of the failure goes on at once; the other one waits for its batch on the old connection.
  const again = sender.send('a', one('1'), never);
  const behind = sender.send('b', one('2'), never);
  await settle();
  expect(sent.slice(2).map(({ topic, producer }) => `${topic}${producer}`)).toEqual(['a2']);
  sent[1]?.acknowledge();
  await other;
  await settle();
  expect(closings).toEqual(['cut 1']);
  expect(sent.slice(3).map(({ topic, producer, value }) => `${topic}${producer}${value}`)).toEqual(['b22']);
  for (const { acknowledge } of sent) acknowledge();
  await Promise.all([again, behind]);
});

it('sends nothing behind a failed batch before its caller knows of it', async () => {
  let known = (_: Error): void => undefined;
  const explaining = new Promise<Error>((resolve) => {
    known = resolve;
  });
  const { sender, sent } = scripted(60_000, { explain: () => explaining });
  const first = sender.send('t', one('1'), never).catch((error: unknown) => error);
  const second = sender.send('t', one('2'), never).catch((error: unknown) => error);
  await settle();
  sent[0]?.fail(new Error('no'));
  await settle();
  // The second one is on its way still, and the caller has not heard of the first.
  const third = sender.send('t', one('3'), never).catch((error: unknown) => error);
  sent[1]?.fail(new Error('no, because of the first'));
  await settle();
  expect(sent).toHaveLength(2);
  const told = new Error('told');
  known(told);
  expect(await Promise.all([first, second, third])).toEqual([told, told, told]);

  const again = sender.send('t', one('1'), never);
  await settle();
  expect(sent.slice(2).map(({ producer, value }) => `${producer}${value}`)).toEqual(['21']);
  sent[2]?.acknowledge();
  await again;
});

it('fails what is sent in the same turn behind a batch that it refuses', async () => {
  const refusal = new Error('too large');
  const refuse = (_: string, batch: RecordBatch): void => {
    if (batch.value(0)?.toString() === 'wide') throw refusal;
  };
  const { sender, sent, last } = scripted(60_000, { refuse });
  const sends = ['1', 'wide', '3'].map((value) => sender.send('t', one(value), never).catch((error: unknown) => error));
  await settle();
  expect(sent.map(({ value }) => value)).toEqual(['1']);
  last().acknowledge();
  expect(await Promise.all(sends)).toEqual([undefined, refusal, refusal]);
});

it('sends nothing of a topic before the batch that an abort left behind is over', async () => {
  const { sender, sent } = scripted();
  const controller = new AbortController();
  const reason = new Error('stopped');
  const left = sender.send('t', one('1'), controller.signal);
  await settle();
  controller.abort(reason);
  await expect(left).rejects.toBe(reason);
  const next = sender.send('t', one('1'), never);
  const elsewhere = sender.send('u', one('1'), never);
  await settle();
  expect(sent.map(({ topic }) => topic)).toEqual(['t', 'u']);
  sent[0]?.acknowledge();
  await settle();
  expect(sent.map(({ topic, producer }) => `${topic}${producer}`)).toEqual(['t1', 'u1', 't1']);
  for (const { acknowledge } of sent) acknowledge();
  await Promise.all([next, elsewhere]);
});

it('cuts the producer of a send without an answer, with everything on it', async () => {
  vi.useFakeTimers();
  try {
    const { sender, closings } = scripted(1000);
    const late = sender.send('a', one('1'), never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(600);
    const beside = sender.send('b', one('1'), never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(399);
    expect(closings).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    const failures = await Promise.all([late, beside]);
    expect(closings).toContain('cut 1');
    for (const failure of failures) expect(failure).toBeInstanceOf(NoAnswer);
    expect(failures.map((failure) => (failure as NoAnswer).own)).toEqual([true, false]);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it('ends a batch that an abort left behind at its deadline', async () => {
  vi.useFakeTimers();
  try {
    const { sender, sent } = scripted(1000);
    const controller = new AbortController();
    const left = sender.send('t', one('1'), controller.signal).catch(() => 'aborted');
    await vi.advanceTimersByTimeAsync(0);
    controller.abort(new Error('stopped'));
    expect(await left).toBe('aborted');
    const next = sender.send('t', one('2'), never);
    await vi.advanceTimersByTimeAsync(999);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent.map(({ producer }) => producer)).toEqual([1, 2]);
    sent[1]?.acknowledge();
    await next;
  } finally {
    vi.useRealTimers();
  }
});

it('keeps nothing of the sends that are over', async () => {
  const { sender, last, closings } = scripted();
  for (let at = 0; at < 50; at += 1) {
    const sending = sender.send(`topic ${at}`, one('1'), never).catch(() => undefined);
    await settle();
    if (at % 2 === 0) last().acknowledge();
    else last().fail(new Error('no'));
    await sending;
  }
  await sender[Symbol.asyncDispose]();
  // Each of the 25 that failed was ended when it failed: none is left for the end.
  expect(new Set(closings).size).toBe(25);
  expect(closings.filter((closing) => closing.startsWith('close'))).toEqual([]);
});

it('closes its producer politely, then cuts it, and takes no send afterwards', async () => {
  const { sender, last, closings } = scripted();
  const sending = sender.send('t', one('1'), never);
  await settle();
  last().acknowledge();
  await sending;
  await sender[Symbol.asyncDispose]();
  expect(closings).toEqual(['close 1', 'cut 1']);
  await expect(sender.send('t', one('1'), never)).rejects.toThrow('closed');
});
