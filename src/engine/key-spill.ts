import { digestWords } from './verify-digest.ts';
import { hashAt, partOf, SpillFile } from './verify-spill.ts';

/** Bytes that a part holds in memory before they are written. */
const blockBytes = 8 * 1024;
/** Of an entry before its key: length of the key, number of its segment, digest of the key, digest of the event. */
const headBytes = 4 + 8 + 2 * digestWords * Uint32Array.BYTES_PER_ELEMENT;

interface Part {
  open: Buffer;
  length: number;
  readonly extents: { readonly at: number; readonly length: number }[];
}

export interface KeyEntry {
  readonly key: Buffer;
  readonly seq: number;
  /** Digests of the key and of the event. */
  readonly record: Uint32Array;
}

/** Keys with their events, parted by key, in the order of their coming; like `Spill`, with the keys themselves. */
export class KeySpill implements Disposable {
  readonly #parts: (Part | undefined)[] = [];
  readonly #file = new SpillFile();

  add(key: Buffer, seq: number, record: Uint32Array): void {
    const number = partOf(hashAt(record, 0));
    let part = this.#parts[number];
    if (part === undefined) {
      part = { open: Buffer.allocUnsafe(256), length: 0, extents: [] };
      this.#parts[number] = part;
    }
    const size = headBytes + key.length;
    if (part.length + size > part.open.length) this.#makeRoom(part, size);
    const { open } = part;
    let at = open.writeUInt32LE(key.length, part.length);
    at = open.writeDoubleLE(seq, at);
    for (let word = 0; word < 2 * digestWords; word += 1) at = open.writeUInt32LE(record[word] as number, at);
    key.copy(open, at);
    part.length += size;
  }

  /** The entries of one part; each is valid until the next. */
  *part(number: number): Generator<KeyEntry> {
    const part = this.#parts[number];
    if (part === undefined) return;
    for (const { at, length } of part.extents) {
      const bytes = Buffer.allocUnsafe(length);
      this.#file.read(bytes, at);
      yield* entriesOf(bytes);
    }
    yield* entriesOf(part.open.subarray(0, part.length));
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #makeRoom(part: Part, size: number): void {
    if (part.length + size > blockBytes && part.length > 0) {
      part.extents.push({ at: this.#file.write(part.open.subarray(0, part.length)), length: part.length });
      part.length = 0;
    }
    if (part.length + size <= part.open.length) return;
    const larger = Buffer.allocUnsafe(Math.max(part.length + size, Math.min(blockBytes, part.open.length * 4)));
    part.open.copy(larger, 0, 0, part.length);
    part.open = larger;
  }
}

function* entriesOf(bytes: Buffer): Generator<KeyEntry> {
  const record = new Uint32Array(2 * digestWords);
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const seq = bytes.readDoubleLE(at + 4);
    for (let word = 0; word < record.length; word += 1) record[word] = bytes.readUInt32LE(at + 12 + word * 4);
    const from = at + headBytes;
    at = from + length;
    yield { key: bytes.subarray(from, at), seq, record };
  }
}
