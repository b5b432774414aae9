import { copyDigest, digestWords, isNothing, isSame } from './verify-digest.ts';

/** How a key stands between table and stream. */
export type Difference = 'missing' | 'stale' | 'extra';

const leastSlots = 64;

/**
 * Keys by their digest, each with the digests of its row and of its last event (all zero: none), in typed arrays:
 * about 50 bytes a key, and nothing for the garbage collector. Entries are numbered in the order of their coming.
 */
export class DigestTable {
  /** Number of the entry, plus one; 0: free. */
  #slots = new Int32Array(leastSlots);
  #keys = new Uint32Array((leastSlots / 2) * digestWords);
  #rows = new Uint32Array((leastSlots / 2) * digestWords);
  #events = new Uint32Array((leastSlots / 2) * digestWords);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The entry of a key, -1 when it has none. */
  find(key: Uint32Array, at: number): number {
    return (this.#slots[this.#slotOf(key, at)] as number) - 1;
  }

  /** The entry of a key, made where it has none. */
  take(key: Uint32Array, at: number): number {
    let slot = this.#slotOf(key, at);
    const known = (this.#slots[slot] as number) - 1;
    if (known >= 0) return known;
    if ((this.#count + 1) * 2 > this.#slots.length) {
      this.#grow();
      slot = this.#slotOf(key, at);
    }
    const entry = this.#count;
    this.#count += 1;
    copyDigest(key, at, this.#keys, entry * digestWords);
    this.#slots[slot] = entry + 1;
    return entry;
  }

  setEvent(entry: number, value: Uint32Array, at: number): void {
    copyDigest(value, at, this.#events, entry * digestWords);
  }

  setRow(entry: number, value: Uint32Array, at: number): void {
    copyDigest(value, at, this.#rows, entry * digestWords);
  }

  hasRow(entry: number): boolean {
    return !isNothing(this.#rows, entry * digestWords);
  }

  hasEvent(entry: number): boolean {
    return !isNothing(this.#events, entry * digestWords);
  }

  isRow(entry: number, value: Uint32Array, at: number): boolean {
    return isSame(this.#rows, entry * digestWords, value, at);
  }

  /** null: the last event is the row, or neither is there. */
  difference(entry: number): Difference | null {
    const at = entry * digestWords;
    if (isSame(this.#rows, at, this.#events, at)) return null;
    if (isNothing(this.#events, at)) return 'missing';
    return isNothing(this.#rows, at) ? 'extra' : 'stale';
  }

  /** The entry's key, as a view. */
  key(entry: number): Uint32Array {
    return this.#keys.subarray(entry * digestWords, (entry + 1) * digestWords);
  }

  /** The digest of the entry's last event, as a view. */
  event(entry: number): Uint32Array {
    return this.#events.subarray(entry * digestWords, (entry + 1) * digestWords);
  }

  /** Takes over an entry of another table. */
  copy(from: DigestTable, entry: number): number {
    const at = entry * digestWords;
    const mine = this.take(from.#keys, at);
    this.setRow(mine, from.#rows, at);
    this.setEvent(mine, from.#events, at);
    return mine;
  }

  clear(): void {
    this.#slots.fill(0);
    this.#rows.fill(0, 0, this.#count * digestWords);
    this.#events.fill(0, 0, this.#count * digestWords);
    this.#count = 0;
  }

  /** Where the key is, or the free place where it would be. The digest is its own hash. */
  #slotOf(key: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = (key[at] as number) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0 || isSame(this.#keys, entry * digestWords, key, at)) return slot;
    }
  }

  #grow(): void {
    const slots = this.#slots.length * 2;
    const larger = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const words = new Uint32Array((slots / 2) * digestWords);
      words.set(old);
      return words;
    };
    this.#keys = larger(this.#keys);
    this.#rows = larger(this.#rows);
    this.#events = larger(this.#events);
    this.#slots = new Int32Array(slots);
    for (let entry = 0; entry < this.#count; entry += 1) this.#slots[this.#slotOf(this.#keys, entry * digestWords)] = entry + 1;
  }
}
