import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { TlsConfig } from '../kit/tls.ts';

/** Milliseconds until a connection attempt is given up. */
export const connectTimeoutMs = 10_000;

/**
 * Milliseconds without a byte after which a connection is cut. No statement of the store takes nearly as long,
 * so a server that has vanished without a word ends the wait, a COMMIT's too; an idle connection is just made anew.
 */
export const silenceMs = 30_000;

/** Milliseconds after which an unused connection is closed. */
export const idleMs = 20_000;

/**
 * The connections of a pool that may be used. One that was made while the store only read, on a disk, for a role or on a
 * primary that another has taken over from, goes on refusing to write when a new one would not.
 */
export class UsableConnections {
  #usable = new WeakSet<object>();

  add(connection: object): void {
    this.#usable.add(connection);
  }

  has(connection: object): boolean {
    return this.#usable.has(connection);
  }

  /** The pool closes each of those that were added when it is next to be used. */
  forsake(): void {
    this.#usable = new WeakSet();
  }
}

export function cutWhenSilent(socket: Socket): void {
  socket.setTimeout(silenceMs, () => {
    const error: NodeJS.ErrnoException = new Error(`no answer for ${silenceMs} ms`);
    error.code = 'ETIMEDOUT';
    socket.destroy(error);
  });
}

/** Without the name to verify, which each driver takes in its own way. */
export function tlsOptions(config: TlsConfig): ConnectionOptions {
  return {
    rejectUnauthorized: config.verify,
    ...(config.ca === null ? {} : { ca: config.ca }),
    ...(config.cert === null ? {} : { cert: config.cert }),
    ...(config.key === null ? {} : { key: config.key }),
  };
}

/** The host of a URL; its brackets round an IPv6 address are the URL's alone. */
export function hostOf(url: URL): string {
  return decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost';
}
