import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ask, Connection } from '../../../../src/sink/kafka/wire/connection.ts';
import { ConnectionFault, WireFault } from '../../../../src/sink/kafka/wire/faults.ts';
import { produce } from '../../../../src/sink/kafka/wire/produce.ts';
import { Reader } from '../../../../src/sink/kafka/wire/reader.ts';
import { Writer } from '../../../../src/sink/kafka/wire/writer.ts';

const call = { key: 18, version: 0 };

/** A connection and its other end, in the hands of the test. */
async function pair() {
  const server = net.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = await accepted;
  const requests: Buffer[] = [];
  peer.on('data', (bytes: Buffer) => requests.push(bytes));
  const losses: string[] = [];
  const connection = new Connection(socket, 'broker:9092', 'test', () => losses.push('lost'));
  return {
    connection,
    peer,
    losses,
    sent: () => Buffer.concat(requests),
    closed: once(peer, 'close'),
    [Symbol.dispose]: () => {
      socket.destroy();
      peer.destroy();
      server.close();
    },
  };
}

const answer = (correlation: number, body: Buffer): Buffer =>
  Buffer.concat([
    new Writer()
      .int32(4 + body.length)
      .int32(correlation)
      .done(),
    body,
  ]);

const number = (reader: Reader): number => reader.int32();

describe('a connection', () => {
  it('sends requests without waiting, and gives each its answer, in whatever pieces the answers come', async () => {
    using ends = await pair();
    const asked = [1, 2, 3].map((value) => ask(ends.connection, call, [new Writer().int32(value).done()], number));
    await expect.poll(() => ends.sent().length).toBe(3 * (4 + 2 + 2 + 4 + 6 + 4));
    const answers = Buffer.concat([10, 20, 30].map((value, at) => answer(at, new Writer().int32(value).done())));
    for (const byte of answers.subarray(0, 14)) {
      ends.peer.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    ends.peer.write(answers.subarray(14));
    expect(await Promise.all(asked)).toEqual([10, 20, 30]);
    expect(ends.losses).toEqual([]);
  });

  it.each<readonly [string, Buffer]>([
    ['a number that nobody asked under', answer(5, Buffer.alloc(4))],
    ['a byte too many', answer(0, Buffer.alloc(5))],
    ['a byte too few', answer(0, Buffer.alloc(3))],
    ['an empty answer', Buffer.alloc(4)],
    ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['what another kind of server says', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('is cut, with everything on it, at %s', async (_, bytes) => {
    using ends = await pair();
    const asked = [ask(ends.connection, call, [], number), ask(ends.connection, call, [], number)].map((one) =>
      one.catch((error: unknown) => error),
    );
    ends.peer.write(bytes);
    for (const error of await Promise.all(asked)) expect(error).toBeInstanceOf(WireFault);
    await ends.closed;
    expect(ends.losses).toEqual(['lost']);
    await expect(ask(ends.connection, call, [], number)).rejects.toBeInstanceOf(WireFault);
  });

  it('is cut at an answer that comes without a question', async () => {
    using ends = await pair();
    ends.peer.write(answer(0, Buffer.alloc(4)));
    await ends.closed;
    expect(ends.losses).toEqual(['lost']);
  });

  it('that the broker closes ends what waits on it', async () => {
    using ends = await pair();
    const asked = ask(ends.connection, call, [], number);
    ends.peer.end();
    await expect(asked).rejects.toBeInstanceOf(ConnectionFault);
    expect(ends.losses).toEqual(['lost']);
  });
});

describe('an acknowledgement', () => {
  const request = { topic: 't', acks: 'all', timeout: 1000, partitions: [{ partition: 0, chunks: [Buffer.alloc(61)] }] } as const;
  const acknowledged = (topic: string, partitions: readonly number[], error = 0): Buffer => {
    const body = new Writer().int32(1).string(topic).int32(partitions.length);
    // Offset and time, 64 bits each.
    for (const partition of partitions) body.int32(partition).int16(error).int32(0).int32(0).int32(0).int32(0);
    return body.int32(0).done();
  };

  it('of the partition that was sent counts', async () => {
    using ends = await pair();
    const sent = produce(ends.connection, { key: 0, version: 3 }, request);
    ends.peer.write(answer(0, acknowledged('t', [0])));
    await sent;
  });

  it.each<readonly [string, Buffer]>([
    ['another partition', acknowledged('t', [1])],
    ['no partition', acknowledged('t', [])],
    ['the same partition twice', acknowledged('t', [0, 0])],
    ['another topic', acknowledged('u', [0])],
  ])('of %s does not count', async (_, body) => {
    using ends = await pair();
    const sent = produce(ends.connection, { key: 0, version: 3 }, request);
    ends.peer.write(answer(0, body));
    await expect(sent).rejects.toBeInstanceOf(WireFault);
  });

  it("with a code is the broker's refusal, and the connection stays", async () => {
    using ends = await pair();
    const sent = produce(ends.connection, { key: 0, version: 3 }, request);
    ends.peer.write(answer(0, acknowledged('t', [0], 45)));
    await expect(sent).rejects.toMatchObject({ type: 'OUT_OF_ORDER_SEQUENCE_NUMBER', retriable: false });
    expect(ends.losses).toEqual([]);
  });
});

it('whatever an answer holds, it is read within its bounds or refused', () => {
  const reads: readonly ((reader: Reader) => unknown)[] = [
    (reader) => reader.int16(),
    (reader) => reader.int64(),
    (reader) => reader.string(),
    (reader) => reader.bytes(),
    (reader) => reader.array((entry) => entry.nullableString()),
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.array(fc.constantFrom(...reads), { maxLength: 6 }), (bytes, steps) => {
      const reader = new Reader(Buffer.from(bytes));
      try {
        for (const step of steps) step(reader);
        reader.end();
      } catch (error) {
        expect(error).toBeInstanceOf(WireFault);
      }
    }),
  );
});
