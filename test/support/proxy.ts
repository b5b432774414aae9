import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

/** A TCP proxy that can be as bad as a network: between a client and a server on this machine. */
export interface FaultyProxy extends AsyncDisposable {
  readonly port: number;
  /** Resets every open connection; new ones are let through. */
  cut(): void;
  /** Cuts in the middle of what passes: when so many more bytes have come through. Resolves when it has. */
  cutAfter(bytes: number): Promise<void>;
  /** Falls silent in the middle of what passes, as `blackhole(true)` does. Resolves when it has. */
  blackholeAfter(bytes: number): Promise<void>;
  /** While on, connections are accepted and stay open, but no byte passes in either direction. */
  blackhole(on: boolean): void;
  /** While on, nobody listens on the port; open connections stay. */
  refuse(on: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface ProxyTarget {
  readonly port: number;
  readonly host?: string;
}

export async function startProxy(target: ProxyTarget, options: { readonly port?: number } = {}): Promise<FaultyProxy> {
  const port = options.port ?? (await freePort());
  const pairs = new Set<Pair>();
  let silent = false;
  let server: Server | null = await listen();

  function listen(): Promise<Server> {
    const listener = createServer((client) => {
      const pair = joined(client, target, passed);
      pairs.add(pair);
      client.once('close', () => pairs.delete(pair));
      pair.silence(silent);
    });
    return once(listener.listen(port, '127.0.0.1'), 'listening').then(() => listener);
  }

  const cut = (): void => {
    for (const pair of pairs) pair.reset();
    pairs.clear();
  };

  const blackhole = (on: boolean): void => {
    silent = on;
    for (const pair of pairs) pair.silence(on);
  };

  let left = Number.POSITIVE_INFINITY;
  let fault = (): void => {};
  const passed = (bytes: number): void => {
    left -= bytes;
    if (left > 0) return;
    left = Number.POSITIVE_INFINITY;
    fault();
  };
  const after = (bytes: number, act: () => void): Promise<void> =>
    new Promise((resolve) => {
      left = bytes;
      fault = () => {
        act();
        resolve();
      };
    });

  const stopListening = async (): Promise<void> => {
    // Closed for new connections at once; its callback waits for the open ones, which we do not.
    server?.close();
    server = null;
  };

  const close = async (): Promise<void> => {
    await stopListening();
    cut();
  };

  return {
    port,
    cut,
    cutAfter: (bytes) => after(bytes, cut),
    blackhole,
    blackholeAfter: (bytes) => after(bytes, () => blackhole(true)),
    refuse: async (on) => {
      if (on) await stopListening();
      else server ??= await listen();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The same URL by way of the proxy. */
export function through(url: string, proxy: FaultyProxy): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(proxy.port);
  return changed.href;
}

interface Pair {
  silence(on: boolean): void;
  reset(): void;
}

function joined(client: Socket, target: ProxyTarget, passed: (bytes: number) => void): Pair {
  const upstream = connect({ port: target.port, host: target.host ?? '127.0.0.1' });
  const reset = (): void => {
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  };
  let silent = false;
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.setNoDelay(true);
    from.on('error', reset);
    from.on('data', (bytes) => {
      passed(bytes.length);
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => {
        if (!silent) from.resume();
      });
    });
    from.on('end', () => to.end());
    from.on('close', () => to.destroy());
  }
  return {
    silence: (on) => {
      silent = on;
      for (const socket of [client, upstream]) {
        if (on) socket.pause();
        else socket.resume();
      }
    },
    reset,
  };
}
