import { request as plainRequest } from 'node:http';
import { type RequestOptions, request as secureRequest } from 'node:https';
import type { TlsConfig } from '../kit/tls.ts';

export interface Question {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** null: nothing is sent, and something only looked at. */
  readonly body: string | null;
  readonly tls: TlsConfig | null;
  /** Milliseconds for the whole of it. */
  readonly within: number;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** The whole answer did not come in time. */
export class Late extends Error {}
/** It is longer than any answer of a registry. */
export class Endless extends Error {}

/** Bytes of an answer: schemas are long, and no more than this. */
const mostBytes = 8_000_000;

/**
 * One question and its answer, on a connection of its own: a job asks a registry a few times in its life. By node:https and not by `fetch`,
 * which takes no authority or certificate of our own unless by a package; and one way serves both. Redirects are answers like others: a
 * login must not follow them. Rejects with the native error, Late, Endless, or the signal's reason.
 */
export function exchange({ url, headers, body, tls, within }: Question, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const asked = (url.startsWith('https:') ? secureRequest : plainRequest)(url, {
      method: body === null ? 'GET' : 'POST',
      headers: { ...headers, ...(body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
      agent: false,
      ...(tls === null ? {} : tlsOptions(tls)),
    });
    const timer = setTimeout(() => end(new Late(`no answer within ${within} ms`)), within);
    const stop = (): void => end(signal.reason);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
    function end(reason: unknown): void {
      settle();
      reject(reason);
      asked.destroy();
    }
    signal.addEventListener('abort', stop, { once: true });
    asked.on('error', end);
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length > mostBytes) end(new Endless(`an answer of more than ${mostBytes} bytes`));
        else parts.push(part);
      });
      response.on('error', end);
      // Also of an answer that is cut off, which has no end.
      response.on('close', () => {
        if (!response.complete) return end(new Error('the connection was closed in the middle of an answer'));
        settle();
        const { statusCode = 0, headers: said } = response;
        resolve({ status: statusCode, type: said['content-type'] ?? '', text: Buffer.concat(parts).toString('utf8') });
      });
    });
    asked.end(body ?? undefined);
  });
}

function tlsOptions({ ca, cert, key, servername, verify }: TlsConfig): RequestOptions {
  return {
    rejectUnauthorized: verify,
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    ...(servername === null ? {} : { servername }),
  };
}
