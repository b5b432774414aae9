import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { expect, it } from 'vitest';
import { Sockets } from '../../../src/sink/kafka/sockets.ts';

/** A server that reads what comes and answers nothing. */
async function startServer() {
  const server = net.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  return { port: (server.address() as AddressInfo).port, accepted, [Symbol.dispose]: () => server.close() };
}

for (const ssl of [null, { rejectUnauthorized: false }]) {
  it(`cut resets ${ssl === null ? 'a connection' : 'a connection in its TLS handshake'}: the peer sees an error and no end`, async () => {
    using server = await startServer();
    const sockets = new Sockets();
    const socket = sockets.make({ host: '127.0.0.1', port: server.port, ssl: ssl as never, onConnect: () => undefined });
    const failed = once(socket, 'error');
    const [peer] = await server.accepted;
    const ended: unknown[] = [];
    peer.on('end', () => ended.push('end'));
    peer.on('error', (error: NodeJS.ErrnoException) => ended.push(error.code));
    const closed = new Promise((resolve) => peer.once('close', resolve));
    if (ssl === null) socket.write('half a request');
    await once(peer, 'data');
    sockets.cut();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNABORTED' });
    await closed;
    expect(ended).toEqual(['ECONNRESET']);
  });
}

it('a client that is cut opens no connection any more', async () => {
  using server = await startServer();
  const sockets = new Sockets();
  sockets.cut();
  expect(() => sockets.make({ host: '127.0.0.1', port: server.port, ssl: null as never, onConnect: () => undefined })).toThrow('closed');
});

it('a connection that was ended politely is closed without an error', async () => {
  using server = await startServer();
  const sockets = new Sockets();
  const socket = sockets.make({ host: '127.0.0.1', port: server.port, ssl: null as never, onConnect: () => undefined });
  const errors: unknown[] = [];
  socket.on('error', (error) => errors.push(error));
  await server.accepted;
  const closed = once(socket, 'close');
  socket.end();
  sockets.cut();
  await closed;
  expect(errors).toEqual([]);
});
