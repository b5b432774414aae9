import { Socket } from 'node:net';
import { RowTap } from './row-tap.ts';

const readBytes = 64 * 1024;

/**
 * A socket that reads into one buffer, again and again: a new one for each read would be most of what a bulk load leaves to
 * the garbage collector. So its bytes are gone after the tap has seen them; what goes on to the driver is a copy.
 */
export class TappedSocket extends Socket {
  readonly tap: RowTap;

  constructor() {
    let take = (_chunk: Buffer): void => undefined;
    const callback = (read: number, buffer: Uint8Array): boolean => {
      take(Buffer.from(buffer.buffer, buffer.byteOffset, read));
      return true;
    };
    // The constructor knows `onread` as `connect` does; only its types leave it out.
    super({ onread: { buffer: Buffer.allocUnsafeSlow(readBytes), callback } } as ConstructorParameters<typeof Socket>[0]);
    this.tap = new RowTap((chunk) => this.emit('data', Buffer.from(chunk)));
    take = (chunk) => this.tap.take(chunk, this);
  }
}
