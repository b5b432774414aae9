import { describe, expect, it } from 'vitest';
import { Letters } from '../../src/engine/letters.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import { type DeadLetter, deadLetter, letterIn, nameOfLetter } from '../../src/model/dead-letter.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import type { StreamReader } from '../../src/sink/stream-reader.ts';

const never = new AbortController().signal;
const topic = { name: 'orders.deadletters', keyed: true, letters: true };
const letter = (key: string | null, body: string, job = 'orders'): DeadLetter =>
  deadLetter({ job, topic: 'orders', key, code: 'LIB305', reason: 'too wide', row: { id: '1', body }, at: '2026-01-01T00:00:00.000Z' });

/** A sink whose next sends do what the test says, and the way back from it. */
function open(most = Number.POSITIVE_INFINITY) {
  const memory = openMemory();
  const faults: ('lost' | 'lost after all')[] = [];
  let reads = 0;
  const sink = {
    prepare: memory.prepare,
    send: async (...args: Parameters<typeof memory.send>): Promise<void> => {
      if ([...args[1].records()].some(({ value }) => (value?.length ?? 0) > most)) throw new LiberateError('LIB305', 'too wide');
      const fault = faults.shift();
      if (fault !== 'lost') await memory.send(...args);
      if (fault !== undefined) throw new LiberateError('LIB308', 'no answer');
    },
  };
  const reader: StreamReader = {
    end: async () => new Map([[0, BigInt(memory.records(topic.name).length)]]),
    async *read() {
      reads += 1;
      yield memory.records(topic.name);
    },
    asRead: (bytes) => bytes,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const events: LiberateEvent[] = [];
  const letters = (job = 'orders'): Letters =>
    new Letters({ job, topic, sink, openReader: async () => reader, observer: (event) => void events.push(event) });
  const sent = (): readonly (DeadLetter | null)[] =>
    memory.records(topic.name).map(({ value }) => (value === null ? null : letterIn(value)));
  return { letters, faults, events, sent, reads: () => reads };
}

describe('dead letters', () => {
  it('are written once, whoever meets the row again, and once more when the row has changed', async () => {
    const { letters, sent, events } = open();
    const first = letters();
    expect(await first.add([letter('k', 'a'), letter('k', 'a'), letter(null, 'b')], never)).toBe(2);
    expect(await first.add([letter('k', 'a')], never)).toBe(0);
    const next = letters();
    expect(await next.add([letter('k', 'a'), letter(null, 'b')], never)).toBe(0);
    expect(await next.add([letter('k', 'changed')], never)).toBe(1);
    expect(next.count).toBe(2);
    expect(sent()).toHaveLength(3);
    expect(events.map((event) => event.type)).toEqual(['job.warning', 'job.warning']);
  });

  it('are read back after a failure, which may have written one all the same', async () => {
    const { letters, faults, sent, reads } = open();
    const own = letters();
    faults.push('lost after all');
    await expect(own.add([letter('k', 'a')], never)).rejects.toMatchObject({ code: 'LIB308' });
    expect(own.count).toBeNull();
    expect(await own.add([letter('k', 'a')], never)).toBe(0);
    faults.push('lost');
    await expect(own.add([letter('l', 'a')], never)).rejects.toMatchObject({ code: 'LIB308' });
    expect(await own.add([letter('l', 'a')], never)).toBe(1);
    expect(sent()).toHaveLength(2);
    expect(reads()).toBe(3);
  });

  it('stand until they are settled, each job having its own', async () => {
    const { letters } = open();
    await letters('other').add([letter('k', 'a', 'other')], never);
    const own = letters();
    await own.add([letter('k', 'a'), letter('l', 'a')], never);
    await own.resolve([nameOfLetter(letter('k', 'a'))], never);
    expect(own.count).toBe(1);
    expect([...(await letters().standing(never)).values()].map(({ key }) => key)).toEqual(['l']);
    expect((await letters('other').standing(never)).size).toBe(1);
    expect(await own.add([letter('k', 'a')], never)).toBe(1);
  });

  it('that are too wide for their own topic have their long columns cut, and say which', async () => {
    const { letters, sent } = open(5000);
    expect(await letters().add([letter('k', 'x'.repeat(9000))], never)).toBe(1);
    expect(sent()).toMatchObject([{ cut: ['body'], row: { id: '1', body: 'x'.repeat(1000) } }]);
    // The same row is the same letter, cut or not.
    expect(await letters().add([letter('k', 'x'.repeat(9000))], never)).toBe(0);
  });
});
