import type { KafkaSinkConfig } from '../../sink-config.ts';
import { tlsOptions } from '../client.ts';
import { Sockets } from '../sockets.ts';
import { agreeOnVersions, type Versions } from './api-versions.ts';
import { Connection } from './connection.ts';
import { ConnectionFault } from './faults.ts';
import { login } from './login.ts';

export interface Broker {
  readonly connection: Connection;
  readonly versions: Versions;
}

/** Milliseconds for one TCP connection, TLS included; the caller's own deadline bounds the whole. */
const connectWithin = 3000;
/** Milliseconds for all that comes before the first request, so that the next broker of the list has its turn. */
const readyWithin = 10_000;

/** The connections of one producer, one to each address, logged in and ready. */
export class Brokers {
  readonly #config: KafkaSinkConfig;
  readonly #sockets = new Sockets();
  readonly #open = new Map<string, Promise<Broker>>();

  constructor(config: KafkaSinkConfig) {
    this.#config = config;
  }

  /** Any broker: one that is connected, or the first of the list that can be. */
  async any(): Promise<Broker> {
    let failure: unknown = new ConnectionFault('no broker is given');
    for (const address of new Set([...this.#open.keys(), ...this.#config.brokers])) {
      try {
        return await this.at(address);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** The broker at `host:port`. */
  at(address: string): Promise<Broker> {
    const known = this.#open.get(address);
    if (known !== undefined) return known;
    const opening = this.#connect(address);
    this.#open.set(address, opening);
    opening.catch(() => this.#forget(address, opening));
    return opening;
  }

  /** Sends what is still to be sent and ends each connection. */
  async end(): Promise<void> {
    for (const opening of await Promise.allSettled(this.#open.values())) {
      if (opening.status === 'fulfilled') opening.value.connection.end();
    }
  }

  cut(): void {
    this.#sockets.cut();
  }

  #forget(address: string, opening: Promise<Broker>): void {
    if (this.#open.get(address) === opening) this.#open.delete(address);
  }

  async #connect(address: string): Promise<Broker> {
    const { clientId, sasl } = this.#config;
    let forget = (): void => undefined;
    const ready = await timed(readyWithin, `${address} does not answer`, async (limit) => {
      const socket = await this.#socket(address);
      limit(() => socket.destroy());
      const connection = new Connection(socket, address, clientId, () => forget());
      const versions = await agreeOnVersions(connection);
      if (sasl !== null) await login(connection, versions, sasl);
      return { connection, versions };
    });
    // A connection that is lost while nothing is under way harms nothing: the next send makes another.
    forget = () => this.#open.delete(address);
    return ready;
  }

  #socket(address: string): Promise<ReturnType<Sockets['make']>> {
    const { tls } = this.#config;
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    const port = Number(address.slice(colon + 1));
    return timed(connectWithin, `${address} cannot be reached`, (limit) => {
      return new Promise((resolve, reject) => {
        const ssl = tls === null ? undefined : tlsOptions(tls);
        const socket = this.#sockets.make({
          host,
          port,
          ssl: ssl as never,
          onConnect: () => {
            socket.off('error', failed);
            socket.off('close', closed);
            resolve(socket);
          },
        });
        const failed = (error: Error): void => reject(new ConnectionFault(error.message, { cause: error }));
        const closed = (): void => reject(new ConnectionFault(`${address} closed the connection`));
        limit(() => socket.destroy());
        // A socket that failed may be cut after that, which tells an error once more.
        socket.on('error', () => undefined);
        socket.once('error', failed);
        socket.once('close', closed);
      });
    });
  }
}

/** Work within so many milliseconds; `limit` says what ends it when they are over. */
async function timed<T>(ms: number, what: string, work: (limit: (end: () => void) => void) => Promise<T>): Promise<T> {
  let end = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ConnectionFault(`${what} within ${ms} ms`));
      end();
    }, ms);
  });
  try {
    return await Promise.race([work((how) => (end = how)), late]);
  } finally {
    clearTimeout(timer);
  }
}
