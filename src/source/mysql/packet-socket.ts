import { Socket } from 'node:net';

const readBytes = 64 * 1024;
/** Of a packet: three bytes of length, one that counts. */
const headBytes = 4;

/**
 * A socket that reads into two buffers in turn, again and again, and gives the driver whole packets: a new buffer for each read would
 * be most of what a bulk load leaves to the garbage collector. The driver keeps parts of what it is given, so that is a copy; but not
 * of rows, which are taken out of it at once. A driver that is paused keeps those that have come, and reads nothing until they are
 * gone; what has come of the next packet goes into the other buffer, as these lie in the first.
 */
export class PacketSocket extends Socket {
  /** Only rows come: what is given is lent, until the next read. */
  lends = false;
  #buffer = Buffer.allocUnsafeSlow(readBytes);
  #other = Buffer.allocUnsafeSlow(readBytes);
  /** Bytes of a packet whose end has not come, at the buffer's beginning. */
  #held = 0;
  /** Bytes that are still to come of a packet that is longer than the buffer, whose beginning the driver has. */
  #rest = 0;

  constructor() {
    let take = (_read: number): void => undefined;
    let room = (): Buffer | null => null;
    const callback = (read: number): boolean => {
      take(read);
      return true;
    };
    // The constructor knows `onread` as `connect` does; only its types leave it out.
    super({ onread: { buffer: () => room(), callback } } as ConstructorParameters<typeof Socket>[0]);
    take = (read) => this.#take(this.#held + read);
    room = () => this.#buffer.subarray(this.#held);
  }

  #take(length: number): void {
    const begun = Math.min(this.#rest, length);
    this.#rest -= begun;
    this.#give(0, begun, false);
    const buffer = this.#buffer;
    let at = begun;
    let size = 0;
    while (length - at >= headBytes) {
      size = headBytes + buffer.readUIntLE(at, 3);
      if (size > length - at) break;
      at += size;
    }
    this.#give(begun, at, this.lends);
    this.#held = length - at;
    if (this.#held < headBytes || size <= buffer.length) {
      buffer.copy(this.#other, 0, at, length);
      this.#buffer = this.#other;
      this.#other = buffer;
      return;
    }
    this.#give(at, length, false);
    this.#rest = size - this.#held;
    this.#held = 0;
  }

  #give(from: number, to: number, lent: boolean): void {
    if (to === from) return;
    const bytes = this.#buffer.subarray(from, to);
    this.emit('data', lent ? bytes : Buffer.from(bytes));
  }
}
