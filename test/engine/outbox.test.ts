import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Acked, Outbox } from '../../src/engine/outbox.ts';
import type { OutboundRecord } from '../../src/model/record.ts';
import type { RecordBatch } from '../../src/model/record-batch.ts';

const never = new AbortController().signal;

/** What a record weighs beside its value. */
const overhead = 40;
const record = (bytes: number): OutboundRecord => ({ key: null, value: Buffer.alloc(bytes), timestamp: '0', headers: {} });
const weight = (records: readonly OutboundRecord[]): number => records.reduce((sum, { value }) => sum + overhead + (value?.length ?? 0), 0);

interface Send {
  readonly records: readonly OutboundRecord[];
  acknowledge(): void;
  fail(reason: Error): void;
}

/** A sink whose acknowledgements come when the test says so. */
function manualSink() {
  const sends: Send[] = [];
  /** Sends that had begun when the first failure was told. */
  const told = { at: -1 };
  const send = (_topic: string, batch: RecordBatch): Promise<void> => {
    const sent = new Promise<void>((resolve, reject) => {
      // Copies: the batch is used again once it is acknowledged.
      const records = [...batch.records()].map((one) => ({ ...one, value: one.value && Buffer.from(one.value) }));
      sends.push({ records, acknowledge: resolve, fail: reject });
    });
    sent.catch(() => {
      if (told.at < 0) told.at = sends.length;
    });
    return sent;
  };
  return { sends, told, send };
}

const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Setup {
  readonly records?: number;
  readonly bytes?: number;
  readonly inFlight?: number;
  readonly onAcked?: (acked: Acked<number>) => Promise<void>;
}

function open({ records = 2, bytes = 1_000_000, inFlight = 2, onAcked = () => Promise.resolve() }: Setup = {}) {
  const sink = manualSink();
  const acked: Acked<number>[] = [];
  const outbox = new Outbox<number>({
    sink,
    topic: 't',
    headers: {},
    limits: { records, bytes, inFlight },
    signal: never,
    onAcked: (one) => {
      acked.push(one);
      return onAcked(one);
    },
  });
  return { outbox, sends: sink.sends, told: sink.told, acked };
}

function put(outbox: Outbox<number>, one: OutboundRecord): void {
  outbox.open.add(one);
  outbox.add(() => null);
}

describe('the outbox', () => {
  it('starts nothing once the sink has told of a failure, in whatever turn the batch before is acknowledged', async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      const { outbox, sends, told } = open({ records: 1, inFlight: 2 });
      for (let batch = 0; batch < 4; batch += 1) put(outbox, record(1));
      const ready = outbox.ready().catch(() => undefined);
      await idle();
      expect(sends).toHaveLength(2);
      // The acknowledgement makes room for a third some turns later; the second fails in each of them, once.
      sends[0]?.acknowledge();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      sends[1]?.fail(new Error('no'));
      await idle();
      for (const { acknowledge } of sends) acknowledge();
      await Promise.all([ready, outbox.settle()]);
      expect([turns, sends.length]).toEqual([turns, told.at]);
    }
  });

  it('never parts the records of one row, drops them together, and counts them as one', async () => {
    const { outbox, sends, acked } = open({ records: 4, inFlight: 10 });
    const marks: number[] = [];
    const row = (id: number, records: number): void => {
      for (let at = 0; at < records; at += 1) outbox.open.add({ ...record(1), key: Buffer.from(String(id)) });
      outbox.add(() => marks.push(id));
    };
    row(1, 1);
    row(2, 2);
    outbox.open.add(record(9));
    outbox.open.add(record(9));
    outbox.discard();
    row(3, 2);
    row(4, 1);
    row(5, 1);
    row(6, 2);
    const drained = outbox.drain();
    await idle();
    expect(sends.map((send) => send.records.map(({ key }) => key?.toString()))).toEqual([
      ['1', '2', '2'],
      ['3', '3', '4', '5'],
      ['6', '6'],
    ]);
    for (const send of sends) send.acknowledge();
    await drained;
    expect(acked.map(({ records }) => records)).toEqual([2, 3, 1]);
    expect(marks).toHaveLength(2);
  });

  it('fills a batch before it sends it, and sends the rest when it is drained', async () => {
    const { outbox, sends, acked } = open({ records: 2 });
    for (const size of [1, 2, 3]) put(outbox, record(size));
    outbox.reach(3);
    await outbox.ready();
    expect(sends.map((send) => send.records.length)).toEqual([2]);
    const drained = outbox.drain();
    await idle();
    expect(sends.map((send) => send.records.length)).toEqual([2, 1]);
    for (const send of sends) send.acknowledge();
    await drained;
    expect(acked).toEqual([
      { records: 2, bytes: 2 * overhead + 3, mark: null },
      { records: 1, bytes: overhead + 3, mark: 3 },
    ]);
  });

  it('keeps a batch within its bytes, and sends a record that is larger by itself', async () => {
    const { outbox, sends } = open({ records: 100, bytes: 200, inFlight: 10 });
    for (const size of [100, 60, 1, 500, 1]) put(outbox, record(size));
    void outbox.drain();
    await idle();
    expect(sends.map((send) => weight(send.records))).toEqual([140, 141, 540, 41]);
  });

  it('waits for room when as many are under way as may be', async () => {
    const { outbox, sends } = open({ records: 1, inFlight: 1 });
    put(outbox, record(1));
    put(outbox, record(2));
    put(outbox, record(3));
    let ready = false;
    const waiting = outbox.ready().then(() => {
      ready = true;
    });
    await idle();
    expect([sends.length, ready]).toEqual([1, false]);
    sends[0]?.acknowledge();
    await waiting;
    expect([sends.length, ready]).toEqual([2, true]);
  });

  it('tells a batch only when those before it are told, however they are acknowledged', async () => {
    const { outbox, sends, acked } = open({ records: 1, inFlight: 3 });
    for (const mark of [1, 2, 3]) {
      put(outbox, record(mark));
      outbox.reach(mark);
    }
    const drained = outbox.drain();
    await idle();
    sends[2]?.acknowledge();
    sends[1]?.acknowledge();
    await idle();
    expect(acked).toEqual([]);
    sends[0]?.acknowledge();
    await drained;
    expect(acked.map(({ mark }) => mark)).toEqual([1, 2, 3]);
  });

  it('tells a mark whose rows all stayed behind, without a send', async () => {
    const { outbox, sends, acked } = open();
    outbox.reach(7);
    await outbox.drain();
    expect(sends).toEqual([]);
    expect(acked).toEqual([{ records: 0, bytes: 0, mark: 7 }]);
  });

  it('sends nothing more once a batch has failed, and tells none after it', async () => {
    const { outbox, sends, acked } = open({ records: 1, inFlight: 3 });
    for (const size of [1, 2, 3]) put(outbox, record(size));
    await outbox.ready();
    expect(sends).toHaveLength(2);
    const failure = new Error('refused');
    sends[0]?.fail(failure);
    sends[1]?.acknowledge();
    await idle();
    put(outbox, record(4));
    await expect(outbox.ready()).rejects.toBe(failure);
    await expect(outbox.drain()).rejects.toBe(failure);
    await outbox.settle();
    expect([sends.length, acked.length]).toEqual([2, 0]);
  });

  it('sends nothing behind a failed batch while the one before it is being told', async () => {
    let committed = (): void => {};
    const committing = new Promise<void>((resolve) => {
      committed = resolve;
    });
    const { outbox, sends } = open({ records: 1, inFlight: 3, onAcked: () => committing });
    for (const size of [1, 2, 3]) put(outbox, record(size));
    await outbox.ready();
    sends[0]?.acknowledge();
    const failure = new Error('refused');
    sends[1]?.fail(failure);
    await idle();
    outbox.flush();
    await expect(outbox.ready()).rejects.toBe(failure);
    expect(sends).toHaveLength(2);
    committed();
    await outbox.settle();
  });

  it('stops when a mark cannot be committed', async () => {
    const fenced = new Error('fenced');
    const { outbox, sends, acked } = open({ records: 1, inFlight: 3, onAcked: () => Promise.reject(fenced) });
    for (const size of [1, 2, 3]) put(outbox, record(size));
    await outbox.ready();
    for (const send of sends) send.acknowledge();
    await idle();
    await expect(outbox.drain()).rejects.toBe(fenced);
    expect([sends.length, acked.length]).toEqual([2, 1]);
  });

  it('waits with settle for what is under way, and throws nothing', async () => {
    const { outbox, sends } = open({ records: 1, inFlight: 2 });
    for (const size of [1, 2, 3]) put(outbox, record(size));
    await outbox.ready();
    let settled = false;
    const settling = outbox.settle().then(() => {
      settled = true;
    });
    sends[1]?.acknowledge();
    await idle();
    expect(settled).toBe(false);
    sends[0]?.fail(new Error('refused'));
    await settling;
    expect(sends).toHaveLength(2);
  });
});

/** A row that the reader met: published or not, with the mark that it reaches, and whether the reader then asks for room. */
const row = fc.record({ size: fc.option(fc.nat(120), { freq: 4 }), marks: fc.boolean(), asks: fc.boolean() });
const run = fc.record({
  rows: fc.array(row, { maxLength: 40, size: 'max' }),
  records: fc.integer({ min: 1, max: 4 }),
  bytes: fc.integer({ min: 100, max: 400 }),
  inFlight: fc.integer({ min: 1, max: 4 }),
  /** Which of the unacknowledged is next, and whether it fails. */
  answers: fc.array(fc.record({ which: fc.nat(3), fails: fc.boolean() }), { maxLength: 60, size: 'max' }),
  failing: fc.boolean(),
});

describe('the outbox, whatever the order in which sends are acknowledged and fail', () => {
  it('keeps its limits, tells in order, and nothing after a failure', async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ rows, records, bytes, inFlight, answers, failing }) => {
        let telling = 0;
        const unanswered = new Set<Send>();
        let failedAt = Number.POSITIVE_INFINITY;
        const { outbox, sends, acked } = open({
          records,
          bytes,
          inFlight,
          onAcked: async () => {
            telling += 1;
            expect(telling).toBe(1);
            await idle();
            telling -= 1;
          },
        });

        const added: OutboundRecord[] = [];
        /** Records that lie at or before each mark. */
        const before = new Map<number, number>();
        const produce = async (): Promise<void> => {
          for (const [at, { size, marks, asks }] of rows.entries()) {
            if (size !== null) {
              const one = record(size);
              added.push(one);
              put(outbox, one);
            }
            if (marks) {
              before.set(at, added.length);
              outbox.reach(at);
            }
            if (asks) await outbox.ready();
          }
          await outbox.drain();
        };

        let done = false;
        const failure = new Error('refused');
        const outcome = produce().then(
          () => null,
          (reason: unknown) => reason,
        );
        const ended = outcome.then(async (reason) => {
          await outbox.settle();
          done = true;
          return reason;
        });
        let answered = 0;
        for (let turn = 0; !done; turn += 1) {
          await idle();
          for (const send of sends.slice(answered)) unanswered.add(send);
          answered = sends.length;
          expect(unanswered.size).toBeLessThanOrEqual(inFlight);
          const { which, fails } = answers[turn] ?? { which: 0, fails: false };
          const send = [...unanswered][which % Math.max(1, unanswered.size)];
          if (send === undefined) continue;
          unanswered.delete(send);
          if (failing && fails) {
            failedAt = Math.min(failedAt, sends.indexOf(send));
            send.fail(failure);
          } else send.acknowledge();
        }

        const sent = sends.flatMap((send) => send.records);
        expect(sent).toEqual(added.slice(0, sent.length));
        for (const send of sends) {
          expect(send.records.length).toBeGreaterThan(0);
          expect(send.records.length).toBeLessThanOrEqual(records);
          if (send.records.length > 1) expect(weight(send.records)).toBeLessThanOrEqual(bytes);
        }
        const told = acked.filter((one) => one.records > 0);
        expect(told.length).toBeLessThanOrEqual(failedAt);
        expect(told.map((one) => one.records)).toEqual(sends.slice(0, told.length).map((send) => send.records.length));
        expect(told.map((one) => one.bytes)).toEqual(sends.slice(0, told.length).map((send) => weight(send.records)));
        let count = 0;
        let newest = -1;
        for (const one of acked) {
          count += one.records;
          if (one.mark === null) continue;
          expect(one.mark).toBeGreaterThan(newest);
          newest = one.mark;
          expect(before.get(one.mark)).toBeLessThanOrEqual(count);
        }
        const reason = await ended;
        if (failedAt === Number.POSITIVE_INFINITY) {
          expect(reason).toBeNull();
          expect(sent).toHaveLength(added.length);
          expect(count).toBe(added.length);
          expect(newest).toBe([...before.keys()].at(-1) ?? -1);
        } else expect(reason).toBe(failure);
      }),
      { numRuns: 150 },
    );
  });
});
