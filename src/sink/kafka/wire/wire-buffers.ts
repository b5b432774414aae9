/** A buffer that one wide batch has asked for is not kept for the next. */
const largestKept = 4 * 1024 * 1024;

/** Buffers for what is on its way, used again: fresh memory of a megabyte costs the kernel a page fault for each 4 kB. */
export class WireBuffers {
  readonly #free: Buffer[] = [];
  readonly #kept: number;

  /** `kept`: how many lie ready at most. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  take(bytes: number): Buffer {
    const found = this.#free.findIndex(({ length }) => length >= bytes);
    if (found >= 0) return this.#free.splice(found, 1)[0] as Buffer;
    // Whatever is free is too small, and so will it be for the next.
    this.#free.pop();
    return Buffer.allocUnsafeSlow(Math.max(64 * 1024, Math.ceil(bytes * 1.25)));
  }

  /** Nobody reads or writes it any more. */
  give(buffer: Buffer): void {
    if (buffer.length <= largestKept && this.#free.length < this.#kept) this.#free.push(buffer);
  }
}
