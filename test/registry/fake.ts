import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { RegistryConfig } from '../../src/model/registry.ts';
import type { SubjectSchema } from '../../src/registry/schema-registry.ts';

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** What a test's registry answers: status and body; or it does something else with the response. */
export type Says = readonly [number, string | object] | ((response: ServerResponse) => void);

export interface FakeRegistry extends AsyncDisposable {
  readonly url: string;
  readonly heard: readonly Heard[];
  /** Resolves when it has been asked so often. */
  asked(times: number): Promise<void>;
}

/** A registry that answers what the test says, in turn; the last answer again and again. */
export async function fakeRegistry(says: readonly Says[], tls: ServerOptions | null = null): Promise<FakeRegistry> {
  const heard: Heard[] = [];
  const waiting = new Set<{ readonly times: number; readonly resolve: () => void }>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    heard.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: body === '' ? null : JSON.parse(body),
    });
    for (const one of waiting) if (heard.length >= one.times) one.resolve();
    const now = says[Math.min(heard.length, says.length) - 1] as Says;
    if (typeof now === 'function') return now(response);
    const [status, said] = now;
    if (typeof said === 'string') response.writeHead(status, { 'content-type': 'text/html' }).end(said);
    else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
  const server = tls === null ? createServer(listener) : createSecureServer(tls, listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`,
    heard,
    asked: (times) =>
      new Promise((resolve) => {
        if (heard.length >= times) resolve();
        else waiting.add({ times, resolve });
      }),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export const configOf = (url: string, more: Partial<RegistryConfig> = {}): RegistryConfig => ({
  url,
  login: null,
  tls: null,
  register: true,
  subjects: 'topic',
  deadline: 10_000,
  ...more,
});

export const schemaOf = (more: Partial<SubjectSchema> = {}): SubjectSchema => ({
  topic: 'shop.orders',
  part: 'value',
  document: { type: 'AVRO', text: '"string"', record: 'shop.orders.Value' },
  ...more,
});
