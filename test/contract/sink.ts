import { describe, expect, it } from 'vitest';
import type { OutboundRecord } from '../../src/model/record.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { batchOf } from '../sink/batch.ts';

/** What a consumer of the topic sees. Key and value as UTF-8 text, exactly as the bytes say; the timestamp in ms as decimal text. */
export interface SeenRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One place to write to (a folder, a stream, a broker), which outlives the sinks opened on it; disposed after each test. */
export interface SinkPlace extends AsyncDisposable {
  /** Another sink on the same place. Whoever opens it disposes it. */
  open(): Promise<Sink>;
  /** A topic that nothing was written to yet. A broker's has one partition, so that the order can be seen. */
  topic(): string;
  /** Everything that a consumer sees, in order. */
  read(topic: string): Promise<readonly SeenRecord[]>;
}

/** Cases that a sink may leave out, each with the reason. */
export type SkippableCase = 'reopening' | 'event times of long ago';

export interface SinkContract {
  readonly kind: Sink['kind'];
  create(): Promise<SinkPlace>;
  readonly skips?: Readonly<Partial<Record<SkippableCase, string>>>;
  /** Milliseconds for one case; a broker needs more than a file. */
  readonly timeout?: number;
}

const never = new AbortController().signal;

/** Of today: a broker deletes what is older than its retention, and refuses what lies ahead of its clock. */
const recent = Date.now() - 60_000;

function record(key: string | null, value: string | null, more: Partial<OutboundRecord> = {}): OutboundRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp: String(recent),
    headers: {},
    ...more,
  };
}

const seen = (one: OutboundRecord): SeenRecord => ({
  key: one.key === null ? null : one.key.toString(),
  value: one.value === null ? null : one.value.toString(),
  timestamp: one.timestamp,
  headers: one.headers,
});

/** `count` records, numbered from `from`, each about `bytes` long in all. */
function numbered(from: number, count: number, bytes = 40): readonly OutboundRecord[] {
  return Array.from({ length: count }, (_, at) => {
    const head = `{"n":${from + at},"pad":"`;
    return record(`{"id":${from + at}}`, `${head}${'x'.repeat(Math.max(0, bytes - head.length - 20))}"}`);
  });
}

async function prepared(sink: Sink, topic: string, keyed = true): Promise<Sink> {
  await sink.prepare({ name: topic, keyed }, never);
  return sink;
}

/** What every sink must do, run by each on its own place. */
export function sinkContract(contract: SinkContract): void {
  const { timeout = 10_000 } = contract;
  const skips: Readonly<Partial<Record<SkippableCase, string>>> = contract.skips ?? {};

  /** A case with a place, an open sink and a fresh topic; all released afterwards. */
  const promise = (
    name: string,
    body: (with_: { place: SinkPlace; sink: Sink; topic: string }) => Promise<void>,
    skippable?: SkippableCase,
  ): void => {
    const reason = skippable === undefined ? undefined : skips[skippable];
    it.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (not here: ${reason})`, { timeout }, async () => {
      await using place = await contract.create();
      await using sink = await place.open();
      await body({ place, sink, topic: place.topic() });
    });
  };

  describe(`the sink contract, ${contract.kind}`, () => {
    promise('says its kind and finds nothing wrong with a place that is in order', async ({ sink }) => {
      expect(sink.kind).toBe(contract.kind);
      expect((await sink.check(never)).filter(({ severity }) => severity === 'error')).toEqual([]);
    });

    promise('can be prepared twice', async ({ sink, topic }) => {
      await prepared(sink, topic);
      expect((await sink.prepare({ name: topic, keyed: true }, never)).filter(({ severity }) => severity === 'error')).toEqual([]);
    });

    promise('looks at a topic without making it, and finds it once it was made', async ({ sink, topic }) => {
      const look = (): ReturnType<Sink['look']> => sink.look({ name: topic, keyed: true }, never);
      const before = await look();
      if (contract.kind !== 'stdout') expect(before.exists).toBe(false);
      expect(await look()).toEqual(before);
      await prepared(sink, topic);
      await sink.send(topic, batchOf(numbered(0, 1)), never);
      const after = await look();
      expect([after.exists, after.findings.filter(({ severity }) => severity === 'error')]).toEqual([true, []]);
    });

    promise('shows an empty topic before the first send and after an empty batch', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      expect(await place.read(topic)).toEqual([]);
      await sink.send(topic, batchOf([]), never);
      expect(await place.read(topic)).toEqual([]);
    });

    promise('keeps the order within a batch and across batches', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      const all = numbered(0, 100);
      for (let at = 0; at < all.length; at += 20) await sink.send(topic, batchOf(all.slice(at, at + 20)), never);
      expect(await place.read(topic)).toEqual(all.map(seen));
    });

    promise('writes a tombstone as a record without a value', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      const records = [record('{"id":1}', '{"a":1}'), record('{"id":1}', null)];
      await sink.send(topic, batchOf(records), never);
      expect(await place.read(topic)).toEqual(records.map(seen));
    });

    promise('writes records without a key', async ({ place, sink }) => {
      const keyless = place.topic();
      await prepared(sink, keyless, false);
      const records = [record(null, '{"a":1}'), record(null, '{"a":1}')];
      await sink.send(keyless, batchOf(records), never);
      expect(await place.read(keyless)).toEqual(records.map(seen));
    });

    promise('keeps headers, also empty ones and those beyond ASCII', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      const headers = { 'liberate.schema': '0123456789abcdef', empty: '', quote: 'say "so"\\\n', größe: 'żółć 🦊' };
      const records = [record('1', '1', { headers }), record('2', '2')];
      for (const one of records) await sink.send(topic, batchOf([one]), never);
      expect(await place.read(topic)).toEqual(records.map(seen));
    });

    promise('keeps the timestamp to the millisecond', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      const stamps = [recent - (recent % 1000), recent - (recent % 1000) + 1, recent - (recent % 1000) - 1].map(String);
      const records = stamps.map((timestamp) => record('1', '1', { timestamp }));
      await sink.send(topic, batchOf(records), never);
      expect((await place.read(topic)).map(({ timestamp }) => timestamp)).toEqual(stamps);
    });

    promise(
      'keeps the event time of a row from 1970',
      async ({ place, sink, topic }) => {
        await prepared(sink, topic);
        await sink.send(topic, batchOf([record('1', '1', { timestamp: '0' }), record('1', '1', { timestamp: '1' })]), never);
        expect((await place.read(topic)).map(({ timestamp }) => timestamp)).toEqual(['0', '1']);
      },
      'event times of long ago',
    );

    promise('leaves the bytes of key and value as they are', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      const values = [
        '{"n":9223372036854775807,"m":-9007199254740993}',
        '{"d":12345678901234567890.123456789012345678}',
        '{"f":1e+300,"g":1.0,"h":-0.0}',
        '{"s":"line\\none\\r\\ntwo \\u0000 \\\\ \\"quoted\\""}',
        '{"s":"żółć 🦊 \u{10FFFF} \u2028"}',
        '"text"',
        '12.50',
        '[]',
        '{"a":1,"a":2}',
        `{"long":"${'🦊'.repeat(30_000)}"}`,
      ];
      const records = values.map((text, at) => record(at % 2 === 0 ? text : String(at), text));
      await sink.send(topic, batchOf(records), never);
      expect(await place.read(topic)).toEqual(records.map(seen));
    });

    promise('takes a batch as large as its limits say', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      const limits = sink.limits(topic);
      expect(limits.records).toBeGreaterThan(0);
      expect(limits.bytes).toBeGreaterThan(0);
      expect(limits.inFlight).toBeGreaterThan(0);
      const many = numbered(0, limits.records, 40);
      await sink.send(topic, batchOf(many), never);
      const wide = numbered(limits.records, 10, Math.floor(limits.bytes / 10) - 200);
      await sink.send(topic, batchOf(wide), never);
      expect(await place.read(topic)).toEqual([...many, ...wide].map(seen));
    });

    promise('keeps two topics apart', async ({ place, sink, topic }) => {
      const other = place.topic();
      await prepared(await prepared(sink, topic), other);
      await Promise.all([sink.send(topic, batchOf(numbered(0, 3)), never), sink.send(other, batchOf(numbered(10, 2)), never)]);
      expect(await place.read(topic)).toEqual(numbered(0, 3).map(seen));
      expect(await place.read(other)).toEqual(numbered(10, 2).map(seen));
    });

    promise(
      'goes on after what is there when it is opened again',
      async ({ place, topic }) => {
        for (const from of [0, 5]) {
          await using sink = await place.open();
          await prepared(sink, topic);
          await sink.send(topic, batchOf(numbered(from, 5)), never);
        }
        expect(await place.read(topic)).toEqual(numbered(0, 10).map(seen));
      },
      'reopening',
    );

    promise('rejects a send under an aborted signal with its reason, and writes nothing', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      const reason = new Error('stopped by the test');
      await expect(sink.send(topic, batchOf(numbered(0, 3)), AbortSignal.abort(reason))).rejects.toBe(reason);
      await sink.send(topic, batchOf(numbered(3, 1)), never);
      expect(await place.read(topic)).toEqual(numbered(3, 1).map(seen));
    });

    promise('keeps the order of sends that are under way together', async ({ place, sink, topic }) => {
      await prepared(sink, topic);
      const { inFlight } = sink.limits(topic);
      for (let round = 0; round < 5; round += 1) {
        const sends = Array.from({ length: inFlight }, (_, at) =>
          sink.send(topic, batchOf(numbered((round * inFlight + at) * 7, 7)), never),
        );
        await Promise.all(sends);
      }
      expect(await place.read(topic)).toEqual(numbered(0, 5 * inFlight * 7).map(seen));
    });
  });
}
