import type { Socket } from 'node:net';
import { ConnectionFault, WireFault } from './faults.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** One of Kafka's requests in one of its versions, all of them before the flexible ones. */
export interface Call {
  readonly key: number;
  readonly version: number;
}

interface Waiting {
  readonly correlation: number;
  readonly resolve: (answer: Reader) => void;
  readonly reject: (reason: Error) => void;
}

/** An answer to what we ask has a few hundred bytes for each partition. */
const largestAnswer = 64 * 1024 * 1024;

/**
 * One connection to a broker. Requests leave in the order of the calls, without waiting for each
 * other, and a broker answers them in that order. Any doubt about what comes back cuts it.
 */
export class Connection {
  readonly address: string;
  readonly #socket: Socket;
  readonly #clientId: string;
  readonly #onLost: () => void;
  readonly #waiting: Waiting[] = [];
  #correlation = 0;
  #unread: Buffer = Buffer.alloc(0);
  #lost: Error | null = null;

  /** `onLost`: told once, when nothing can be asked on it any more. */
  constructor(socket: Socket, address: string, clientId: string, onLost: () => void) {
    this.address = address;
    this.#socket = socket;
    this.#clientId = clientId;
    this.#onLost = onLost;
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', (error) =>
      this.#lose(new ConnectionFault(`the connection to ${address} broke: ${error.message}`, { cause: error })),
    );
    socket.on('end', () => this.#lose(new ConnectionFault(`${address} closed the connection`)));
    socket.on('close', () => this.#lose(new ConnectionFault(`the connection to ${address} is closed`)));
  }

  /** `body`: chunks that are written one after another, and not copied where the system allows. */
  request({ key, version }: Call, body: readonly Buffer[]): Promise<Reader> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== null) {
        reject(this.#lost);
        return;
      }
      const correlation = this.#correlation;
      this.#correlation = (correlation + 1) & 0x7fffffff;
      this.#waiting.push({ correlation, resolve, reject });
      const head = new Writer().int16(key).int16(version).int32(correlation).string(this.#clientId).done();
      const length = body.reduce((sum, chunk) => sum + chunk.length, head.length);
      this.#socket.cork();
      this.#socket.write(new Writer().int32(length).done());
      this.#socket.write(head);
      for (const chunk of body) this.#socket.write(chunk);
      this.#socket.uncork();
    });
  }

  /** Sends what is still to be sent, then ends; nothing may be asked afterwards. */
  end(): void {
    this.#socket.end();
  }

  #receive(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    try {
      while (this.#lost === null && this.#unread.length >= 4) {
        const length = this.#unread.readInt32BE(0);
        if (length < 4 || length > largestAnswer) throw new WireFault(`an answer of ${length} bytes`);
        if (this.#unread.length < 4 + length) return;
        const answer = this.#unread.subarray(4, 4 + length);
        this.#unread = this.#unread.subarray(4 + length);
        this.#answer(new Reader(answer));
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  #answer(reader: Reader): void {
    const correlation = reader.int32();
    const next = this.#waiting[0];
    if (next?.correlation !== correlation) {
      throw new WireFault(`an answer numbered ${correlation} where ${next === undefined ? 'none' : `number ${next.correlation}`} belongs`);
    }
    this.#waiting.shift();
    next.resolve(reader);
  }

  /** What was read does not hold what it should: the rest of this connection cannot be trusted. */
  #fault(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    this.#lose(new WireFault(`${this.address} does not answer as a Kafka broker does: ${words}`, { cause: error }));
    this.#socket.destroy();
  }

  /** The same for an answer whose content is at fault, found by whoever asked. */
  distrust(error: WireFault): WireFault {
    this.#fault(error);
    return error;
  }

  #lose(reason: Error): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    this.#onLost();
    if (!this.#socket.writableEnded) this.#socket.end();
  }
}

/** Asks, and reads the whole of the answer; one that is too long, too short or otherwise wrong cuts the connection. */
export async function ask<T>(connection: Connection, call: Call, body: readonly Buffer[], read: (reader: Reader) => T): Promise<T> {
  const reader = await connection.request(call, body);
  try {
    const answer = read(reader);
    reader.end();
    return answer;
  } catch (error) {
    throw error instanceof WireFault ? connection.distrust(error) : error;
  }
}
