import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/kit/clock.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import type { RegistryConfig } from '../../src/model/registry.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { jumpingClock } from '../engine/scripted.ts';
import { makeCertificates } from '../servers/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { configOf, fakeRegistry, type Says, schemaOf } from './fake.ts';

const never = new AbortController().signal;

/** A registry that says so, and our client of it, whose waits take no time. */
async function open(says: readonly Says[], more: Partial<RegistryConfig> = {}, clock: Clock = jumpingClock()) {
  const server = await fakeRegistry(says);
  const registry = openRegistry(configOf(server.url, more), { clock, random: () => 0.5 });
  return { server, registry, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function faultOf(work: Promise<unknown>): Promise<LiberateError> {
  const error: unknown = await work.then(
    (value) => `it gave ${JSON.stringify(value)}`,
    (thrown: unknown) => thrown,
  );
  if (error instanceof LiberateError) return error;
  throw new Error('it did not fail with a LiberateError', { cause: error });
}

describe('a client of a registry', () => {
  it('looks a schema up, and asks no more for what it knows', async () => {
    await using one = await open([[200, { subject: 'shop.orders-value', id: 7, version: 1, schema: '"string"' }]]);
    expect(await one.registry.find(schemaOf(), never)).toBe(7);
    expect(await one.registry.find(schemaOf(), never)).toBe(7);
    expect(one.server.heard).toMatchObject([{ method: 'POST', path: '/subjects/shop.orders-value', body: { schema: '"string"' } }]);
    expect(one.server.heard[0]?.body).not.toHaveProperty('schemaType');
  });

  it.each([40401, 40402, 40403])('knows of %d that a schema is not there, and asks again the next time', async (code) => {
    await using one = await open([
      [404, { error_code: code, message: 'not found' }],
      [200, { id: 3 }],
    ]);
    expect(await one.registry.find(schemaOf(), never)).toBeNull();
    expect(await one.registry.find(schemaOf(), never)).toBe(3);
  });

  it('registers a schema with its type, and knows its number afterwards', async () => {
    await using one = await open([[200, { id: 2 ** 31 - 1 }]]);
    const schema = schemaOf({ topic: 'größe/1', part: 'key', document: { type: 'PROTOBUF', text: 'syntax = "proto3";', record: 'a.Key' } });
    expect(await one.registry.register(schema, never)).toBe(2 ** 31 - 1);
    expect(await one.registry.find(schema, never)).toBe(2 ** 31 - 1);
    expect(one.server.heard).toMatchObject([
      { path: `/subjects/${encodeURIComponent('größe/1-key')}/versions`, body: { schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' } },
    ]);
  });

  it("tells the registry's reasons against a schema", async () => {
    const messages = ["{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE'}", 'the other'];
    await using one = await open([
      [200, { is_compatible: false, messages }],
      [200, { compatibilityLevel: 'FULL_TRANSITIVE' }],
      [200, { is_compatible: false }],
      [404, { error_code: 40408, message: 'no rule' }],
      [200, { is_compatible: true, messages: [] }],
      [404, { error_code: 40401 }],
    ]);
    expect(await one.registry.check(schemaOf(), never)).toEqual({ breaks: messages, rule: 'FULL_TRANSITIVE' });
    expect(await one.registry.check(schemaOf(), never)).toEqual({ breaks: ['it gives no reason'], rule: null });
    expect(await one.registry.check(schemaOf(), never)).toEqual({ breaks: [], rule: null });
    expect(await one.registry.check(schemaOf(), never)).toEqual({ breaks: [], rule: null });
    expect(one.server.heard.map(({ method, path }) => `${method} ${path}`).slice(0, 2)).toEqual([
      'POST /compatibility/subjects/shop.orders-value/versions?verbose=true',
      'GET /config/shop.orders-value?defaultToGlobal=true',
    ]);
  });

  it('asks about the newest version alone where the rule is of it, and the registry compares with all', async () => {
    await using one = await open([
      [200, { is_compatible: false, messages: ['of an older one'] }],
      [200, { compatibilityLevel: 'BACKWARD' }],
      [200, { is_compatible: true }],
      [200, { is_compatible: false, messages: ['of an older one'] }],
      [200, { compatibilityLevel: 'BACKWARD' }],
      [200, { is_compatible: false, messages: ['of the newest'] }],
    ]);
    expect(await one.registry.check(schemaOf(), never)).toEqual({ breaks: [], rule: 'BACKWARD' });
    expect(await one.registry.check(schemaOf(), never)).toEqual({ breaks: ['of the newest'], rule: 'BACKWARD' });
    expect(one.server.heard[2]?.path).toBe('/compatibility/subjects/shop.orders-value/versions/latest?verbose=true');
  });

  it.each<[RegistryConfig['subjects'], string, string]>([
    ['topic', 'shop.orders-key', 'shop.orders-value'],
    ['record', 'shop.orders.Key', 'shop.orders.Value'],
    ['topic-record', 'shop.orders-shop.orders.Key', 'shop.orders-shop.orders.Value'],
  ])('keeps a schema by %s under %s and %s', (subjects, key, value) => {
    const registry = openRegistry(configOf('http://r', { subjects }));
    const keySchema = schemaOf({ part: 'key', document: { type: 'AVRO', text: '"string"', record: 'shop.orders.Key' } });
    expect([registry.subject(keySchema), registry.subject(schemaOf())]).toEqual([key, value]);
    expect(registry.identity).toContain(subjects);
  });

  it.each<[string, RegistryConfig['login'], string]>([
    ['user and password', { kind: 'basic', user: 'größe', password: 'p:ß' }, `Basic ${Buffer.from('größe:p:ß').toString('base64')}`],
    ['a token', { kind: 'bearer', token: 't0k.en' }, 'Bearer t0k.en'],
  ])('logs in by %s', async (_, login, header) => {
    await using one = await open([[200, { id: 1 }]], { login });
    await one.registry.find(schemaOf(), never);
    expect(one.server.heard[0]?.headers.authorization).toBe(header);
  });
});

describe('a registry that', () => {
  it.each<[string, Says, string, string]>([
    ['refuses the login', [401, { error_code: 40101, message: 'Unauthorized' }], 'LIB703', '401: Unauthorized'],
    ['refuses it by a page', [403, '<h1>Forbidden</h1>'], 'LIB703', '403: <h1>Forbidden</h1>'],
    ['finds the schema incompatible', [409, { error_code: 409, message: 'Schema is incompatible' }], 'LIB704', 'Schema is incompatible'],
    ['finds the schema wrong', [422, { error_code: 42201, message: 'Invalid schema' }], 'LIB704', 'Invalid schema'],
    ['is a web site', [200, '<!doctype html>\n<html>'], 'LIB705', '200: <!doctype html> <html>'],
    ['is a web site without that page', [404, '<html>not here'], 'LIB705', '404: <html>not here'],
    ['answers another question', [200, { ids: [1] }], 'LIB705', 'no number of a schema'],
    ['gives a number that is none', [200, { id: 2 ** 31 }], 'LIB705', 'no number of a schema'],
    ['gives a list', [200, []], 'LIB705', '200: []'],
    ['sends the login elsewhere', (response) => response.writeHead(302, { location: 'http://elsewhere' }).end(), 'LIB705', 'answered 302'],
    ['has no end', (response) => void endless(response), 'LIB705', 'more than 8000000 bytes'],
    ['speaks no HTTP', (response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n'), 'LIB705', 'at http://127.0.0.1'],
  ])('%s is told so, and not asked again', async (_, says, code, words) => {
    await using one = await open([says]);
    const fault = await faultOf(one.registry.register(schemaOf(), never));
    expect([fault.code, fault.message]).toEqual([code, expect.stringContaining(words)]);
    expect(fault.message).toContain(`registering shop.orders-value at ${one.server.url}`);
    expect(one.server.heard).toHaveLength(1);
  });

  it.each<[string, Says]>([
    ['is busy', [503, '<h1>Busy</h1>']],
    ['is asked too much', [429, { message: 'slow down' }]],
    ['fails', [500, { error_code: 50001, message: 'Error in the backend datastore' }]],
    ['cuts the connection', (response) => void response.socket?.resetAndDestroy()],
    [
      'cuts it in an answer',
      (response) => void response.writeHead(200, { 'content-length': '99' }).write('{"id', () => response.socket?.end()),
    ],
  ])('%s for a while is asked again', async (_, says) => {
    await using one = await open([says, says, [200, { id: 5 }]]);
    expect(await one.registry.register(schemaOf(), never)).toBe(5);
    expect(one.server.heard).toHaveLength(3);
  });

  it('is busy for long is given up at the deadline, and can be asked again later', async () => {
    await using one = await open([[503, { error_code: 50301, message: 'Not now' }]]);
    const fault = await faultOf(one.registry.register(schemaOf(), never));
    expect([fault.code, fault.transient, fault.message]).toEqual(['LIB702', true, expect.stringContaining('503: Not now')]);
    expect(one.server.heard.length).toBeGreaterThan(3);
  });

  it('is not there is given up at the deadline', async () => {
    const registry = openRegistry(configOf(`http://127.0.0.1:${await freePort()}`), { clock: jumpingClock() });
    const fault = await faultOf(registry.find(schemaOf(), never));
    expect([fault.code, fault.message]).toEqual(['LIB702', expect.stringContaining('ECONNREFUSED')]);
  });

  it('never answers is given up at the deadline', async () => {
    await using one = await open([() => undefined], { deadline: 300 });
    const fault = await faultOf(one.registry.find(schemaOf(), never));
    expect([fault.code, fault.message]).toEqual(['LIB702', expect.stringContaining('no answer within 300 ms')]);
  });

  it('never answers is left at once when the work ends', async () => {
    await using one = await open([() => undefined]);
    const stop = new AbortController();
    const found = one.registry.find(schemaOf(), stop.signal);
    await one.server.asked(1);
    const reason = new Error('the end');
    stop.abort(reason);
    await expect(found).rejects.toBe(reason);
    await expect(one.registry.find(schemaOf(), stop.signal)).rejects.toBe(reason);
    expect(one.server.heard).toHaveLength(1);
  });

  it('repeats what it was sent is quoted without the secret in it', async () => {
    const login = { kind: 'basic', user: 'me', password: 'hunter22' } as const;
    const header = Buffer.from('me:hunter22').toString('base64');
    await using one = await open([[401, { message: `wrong: hunter22, Basic ${header}` }]], { login });
    const fault = await faultOf(one.registry.find(schemaOf(), never));
    expect(fault.message).toContain('401: wrong: ***, Basic ***');
    expect(JSON.stringify([fault, fault.cause, fault.stack])).not.toMatch(/hunter22|bWU6/);
  });
});

describe('a registry by TLS', () => {
  it('is believed by the authority that is given, and by no other', async () => {
    await using folder = await temporaryDirectory();
    const { caFile, certFile, keyFile } = await makeCertificates(folder.path);
    const [cert, key, ca] = await Promise.all([certFile, keyFile, caFile].map((file) => readFile(file, 'utf8')));
    await using server = await fakeRegistry([[200, { id: 4 }]], { cert, key });
    const tls = { ca: ca as string, cert: null, key: null, servername: null, verify: true };
    expect(await openRegistry(configOf(server.url, { tls })).find(schemaOf(), never)).toBe(4);
    const fault = await faultOf(openRegistry(configOf(server.url)).find(schemaOf(), never));
    expect([fault.code, fault.cure]).toEqual(['LIB702', expect.stringContaining('registry.tls.ca')]);
    expect(await openRegistry(configOf(server.url, { tls: { ...tls, ca: null, verify: false } })).find(schemaOf(), never)).toBe(4);
    expect(server.heard).toHaveLength(2);
  });

  it('that is asked in plain is told of', async () => {
    const silent = createServer((socket) => void socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 0x46])));
    await using _closed = { [Symbol.asyncDispose]: async () => void silent.close() };
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const fault = await faultOf(openRegistry(configOf(`http://127.0.0.1:${port}`)).find(schemaOf(), never));
    expect(fault.code).toBe('LIB705');
  });
});

/** Writes until nobody listens. */
function endless(response: import('node:http').ServerResponse): void {
  const part = Buffer.alloc(500_000, 0x20);
  const more = (): void => {
    if (response.socket?.destroyed === false && response.write(part)) setImmediate(more);
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.on('drain', more);
  more();
}
