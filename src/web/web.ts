import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asLiberateError, LiberateError } from '../kit/errors.ts';
import { redactSecrets } from '../kit/redact.ts';
import type { Job } from '../model/job.ts';
import type { Observer } from '../observe/event.ts';
import type { StateStore } from '../state/state-store.ts';
import { contentType, exposition } from './exposition.ts';
import { healthOf } from './health.ts';
import { Figures } from './job-figures.ts';
import { statusJson, statusOf } from './job-status.ts';
import { metricsOf } from './metrics.ts';

export interface WebOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly jobs: readonly Pick<Job, 'name' | 'retries' | 'mask'>[];
  /** Texts that no answer may hold. */
  readonly secrets: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Listening extends AsyncDisposable {
  readonly url: string;
}

/** GET /metrics, /health and /status: what the observer has heard, and what the state store keeps. */
export interface Web {
  readonly observer: Observer;
  /** LIB601 when the address cannot be had. */
  listen(store: Pick<StateStore, 'list'>): Promise<Listening>;
}

interface Answer {
  readonly code: number;
  readonly type: string;
  readonly body: string;
}

type Page = (store: Pick<StateStore, 'list'>) => Answer | Promise<Answer>;

export function openWeb(options: WebOptions): Web {
  const { jobs, now } = options;
  const figures = new Figures(now);
  const pages = new Map<string, Page>([
    ['/metrics', () => ({ code: 200, type: contentType, body: exposition(metricsOf(figures.all(), now())) })],
    [
      '/health',
      () => {
        const health = healthOf(figures.all(), (name) => retriesOf(jobs, name));
        return json(health.status === 'ok' ? 200 : 503, health);
      },
    ],
    [
      '/status',
      async (store) => {
        const lines = statusOf(jobs, await store.list());
        return json(
          200,
          lines.map((line) => statusJson(line, now())),
        );
      },
    ],
  ]);
  return {
    observer: (event) => figures.hear(event),
    listen: (store) => listen(options, (method, path) => answer(pages, store, method, path)),
  };
}

/** A table of a wildcard has the job's own. */
function retriesOf(jobs: WebOptions['jobs'], name: string): number {
  return jobs.find((job) => name === job.name || name.startsWith(`${job.name}/`))?.retries ?? 0;
}

const json = (code: number, value: unknown): Answer => ({
  code,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});

async function answer(pages: ReadonlyMap<string, Page>, store: Pick<StateStore, 'list'>, method: string, path: string): Promise<Answer> {
  const page = pages.get(path);
  if (page === undefined) return json(404, { error: `there are ${[...pages.keys()].join(', ')}` });
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'only GET' });
  try {
    return await page(store);
  } catch (thrown) {
    const { code, message } = asLiberateError(thrown);
    return json(503, { error: { code, message } });
  }
}

async function listen({ host, port, secrets }: WebOptions, respond: (method: string, path: string) => Promise<Answer>): Promise<Listening> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    void respond(request.method ?? 'GET', path).then(
      (found) => send(response, found, secrets),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(refused(host, port, error)));
    server.listen(port, host, resolve);
  });
  // Whoever goes away in the middle of an answer breaks a connection, and nothing else.
  server.on('error', () => undefined);
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${own}`, [Symbol.asyncDispose]: () => close(server) };
}

function send(response: ServerResponse, { code, type, body }: Answer, secrets: readonly string[]): void {
  response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(redactSecrets(body, secrets));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function refused(host: string, port: number, error: NodeJS.ErrnoException): LiberateError {
  const why = error.code === 'EADDRINUSE' ? 'another program listens there' : (error.code ?? error.message);
  return new LiberateError('LIB601', `http: ${host}:${port} cannot be listened on: ${why}`, { cause: error });
}
