import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketSocket } from '../../../src/source/mysql/packet-socket.ts';

const header = 4;

/** A packet whose bytes tell where it stands. */
function packet(size: number, number: number): Buffer {
  const bytes = Buffer.alloc(header + size, (number * 7) & 0xff);
  bytes.writeUIntLE(size, 0, 3);
  bytes[3] = number & 0xff;
  return bytes;
}

interface Given {
  /** As it was when it was given. */
  readonly bytes: Buffer;
  /** What it lay in. */
  readonly memory: ArrayBufferLike;
}

/** What the socket gives of packets that come in such pieces, in turns of the loop of their own. */
async function given(packets: readonly Buffer[], pieces: readonly number[], lends: boolean): Promise<readonly Given[]> {
  const all = Buffer.concat(packets);
  const server = createServer({ noDelay: true }, (client) => {
    let at = 0;
    let turn = 0;
    const more = (): void => {
      const size = pieces[turn % pieces.length] as number;
      turn += 1;
      if (at >= all.length) client.end();
      else client.write(all.subarray(at, at + size), () => setImmediate(more));
      at += size;
    };
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = new PacketSocket();
  socket.lends = lends;
  const chunks: Given[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push({ bytes: Buffer.from(chunk), memory: chunk.buffer }));
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'end');
  socket.destroy();
  server.close();
  return chunks;
}

const isWhole = (bytes: Buffer): boolean => {
  let at = 0;
  while (at + header <= bytes.length) at += header + bytes.readUIntLE(at, 3);
  return at === bytes.length;
};

describe('a socket of packets', () => {
  it('gives every byte once and in order, however it came, and whole packets unless one is longer than its buffer', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(300), fc.nat(60_000), fc.integer({ min: 65_000, max: 200_000 })), {
      minLength: 1,
      maxLength: 12,
    });
    const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1000, max: 150_000 })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(sizes, pieces, fc.boolean(), async (lengths, parts, lends) => {
        // Single bytes of a long packet would only take long.
        fc.pre(Math.max(...parts) > 500);
        const packets = lengths.map(packet);
        const chunks = await given(packets, parts, lends);
        expect(Buffer.concat(chunks.map(({ bytes }) => bytes)).equals(Buffer.concat(packets))).toBe(true);
        if (lengths.every((size) => size + header <= 64 * 1024)) expect(chunks.every(({ bytes }) => isWhole(bytes))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('lends its own buffers only when told to', async () => {
    const packets = Array.from({ length: 200 }, (_, number) => packet(900, number));
    const lent = await given(packets, [10_000], true);
    expect(new Set(lent.map(({ memory }) => memory)).size).toBe(2);
    const kept = await given(packets, [10_000], false);
    expect(new Set(kept.map(({ memory }) => memory)).size).toBe(kept.length);
    expect(kept.length).toBeGreaterThan(2);
  });
});
