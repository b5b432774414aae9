import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../../support/free-port.ts';

/**
 * A broker tells its clients the address where they must go next, and they would leave a proxy
 * behind. This relay stands between proxy and broker and writes the proxy's port over the broker's.
 */
export async function startRelay(brokerPort: number, advertisedPort: number): Promise<AsyncDisposable & { readonly port: number }> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const broker = connect(brokerPort, '127.0.0.1');
    for (const socket of [client, broker]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.setNoDelay(true);
    }
    client.on('data', (bytes) => broker.write(bytes));
    broker.on('data', (bytes) => client.write(readdressed(bytes, brokerPort, advertisedPort)));
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      from.on('end', () => to.end());
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => to.destroy());
    }
  });
  const port = await freePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

const host = '127.0.0.1';

/** In a metadata answer: the host as a string with its 16-bit length, then the port with 32 bits. */
function readdressed(bytes: Buffer, from: number, to: number): Buffer {
  const pattern = Buffer.alloc(2 + host.length + 4);
  pattern.writeInt16BE(host.length);
  pattern.write(host, 2);
  pattern.writeInt32BE(from, 2 + host.length);
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) bytes.writeInt32BE(to, at + 2 + host.length);
  return bytes;
}
