import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { type FaultyProxy, startProxy, through } from './proxy.ts';

let echo: Server;
let proxy: FaultyProxy;
let client: Socket;

beforeEach(async () => {
  const port = await freePort();
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(port, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startProxy({ port });
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  echo.close();
});

async function open(): Promise<Socket> {
  client = connect(proxy.port, '127.0.0.1');
  await once(client, 'connect');
  return client;
}

async function echoed(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  const [bytes] = await answer;
  return String(bytes);
}

test('bytes pass in both directions', async () => {
  expect(await echoed(await open(), 'hello')).toBe('hello');
});

test('more than the buffers hold passes whole', async () => {
  const socket = await open();
  const size = 20 * 2 ** 20;
  let received = 0;
  const all = new Promise<void>((resolve) => {
    socket.on('data', (bytes) => {
      received += bytes.length;
      if (received === size) resolve();
    });
  });
  socket.write(Buffer.alloc(size, 'x'));
  await all;
  expect(received).toBe(size);
});

test('a cut resets open connections, and a new one works', async () => {
  const socket = await open();
  await echoed(socket, 'before');
  const reset = once(socket, 'error');
  proxy.cut();
  expect(await reset).toMatchObject([{ code: 'ECONNRESET' }]);
  expect(await echoed(await open(), 'after')).toBe('after');
});

test('in the black hole connections open but nothing passes until it ends', async () => {
  const socket = await open();
  await echoed(socket, 'before');
  proxy.blackhole(true);
  const late = connect(proxy.port, '127.0.0.1');
  await once(late, 'connect');
  const answers: string[] = [];
  socket.on('data', (bytes) => answers.push(`first ${bytes}`));
  late.on('data', (bytes) => answers.push(`late ${bytes}`));
  socket.write('held');
  late.write('held');
  // A round trip past the proxy: by then the proxy would have passed the bytes on.
  await echoPastTheProxy();
  expect(answers).toEqual([]);
  const both = Promise.all([once(socket, 'data'), once(late, 'data')]);
  proxy.blackhole(false);
  await both;
  expect(answers.sort()).toEqual(['first held', 'late held']);
  late.destroy();
});

async function echoPastTheProxy(): Promise<void> {
  const address = echo.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const direct = connect(address.port, '127.0.0.1');
  await echoed(direct, 'past');
  direct.destroy();
}

test('while it refuses, open connections stay and new ones are refused', async () => {
  const socket = await open();
  await echoed(socket, 'before');
  await proxy.refuse(true);
  const refused = connect(proxy.port, '127.0.0.1');
  expect(await once(refused, 'error')).toMatchObject([{ code: 'ECONNREFUSED' }]);
  expect(await echoed(socket, 'still')).toBe('still');
  await proxy.refuse(false);
  expect(await echoed(await open(), 'again')).toBe('again');
  socket.destroy();
});

test('a URL is led through the proxy', async () => {
  client = await open();
  expect(through('postgres://user:pw@db.example:5432/shop', proxy)).toBe(`postgres://user:pw@127.0.0.1:${proxy.port}/shop`);
});
