import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiberateError } from '../kit/errors.ts';
import { recordWords } from './verify-digest.ts';

/** Parts by key: ten million keys make parts of 40,000, and five hundred million parts of two million, or 100 MB. */
export const parts = 256;
/** Records of a block: what a part holds in memory before it is written. */
const blockRecords = 512;

/** The hash of a key whose digest begins there. Not its first word: that is where the table looks. */
export const hashAt = (record: Uint32Array, at: number): number => record[at + 2] as number;

/** The part of a hash: its first 8 bits, so that parts beside each other hold one range of hashes. */
export const partOf = (hash: number): number => hash >>> 24;

interface Part {
  readonly open: Uint32Array<ArrayBuffer>;
  /** Words in use of `open`. */
  length: number;
  /** Where its full blocks lie in the file. */
  readonly blocks: number[];
}

/**
 * Records of some words, a key's digest first, in the order of their coming, parted by key, so that each part can be
 * folded alone. Full blocks go to a temporary file that has no name, so that nothing stays behind after a crash; a
 * small stream never touches it. Writing is synchronous: it goes to the page cache, in 12 KB pieces.
 */
export class Spill implements Disposable {
  readonly #parts: (Part | undefined)[] = [];
  readonly #file = new SpillFile();
  readonly #words: number;
  readonly #blockWords: number;
  #records = 0;

  /** `words`: of a record; without more it is a key's digest and a value's. */
  constructor(words = recordWords) {
    this.#words = words;
    this.#blockWords = words * blockRecords;
  }

  get records(): number {
    return this.#records;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** `number`: the part; without more it is the key's. */
  add(record: Uint32Array, number = partOf(hashAt(record, 0))): void {
    let part = this.#parts[number];
    if (part === undefined) {
      part = { open: new Uint32Array(this.#blockWords), length: 0, blocks: [] };
      this.#parts[number] = part;
    }
    for (let word = 0; word < this.#words; word += 1) part.open[part.length + word] = record[word] as number;
    part.length += this.#words;
    this.#records += 1;
    if (part.length === this.#blockWords) this.#write(part);
  }

  /** The records of one part as runs of words, each valid until the next. */
  *part(number: number): Generator<Uint32Array> {
    const part = this.#parts[number];
    if (part === undefined) return;
    const words = new Uint32Array(this.#blockWords);
    for (const at of part.blocks) {
      this.#file.read(words, at);
      yield words;
    }
    yield part.open.subarray(0, part.length);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #write(part: Part): void {
    part.blocks.push(this.#file.write(part.open));
    part.length = 0;
  }
}

/** A temporary file without a name, made at the first write. */
export class SpillFile implements Disposable {
  #file: number | null = null;
  #bytes = 0;

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where it was written. */
  write(block: Uint8Array | Uint32Array): number {
    const from = this.#bytes;
    try {
      this.#file ??= openUnnamed();
      for (let done = 0; done < block.byteLength; ) {
        done += writeSync(this.#file, block, done, block.byteLength - done, from + done);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LiberateError('LIB505', `writing digests to ${tmpdir()} failed: ${reason}`, { cause: error });
    }
    this.#bytes += block.byteLength;
    return from;
  }

  read(into: Uint8Array | Uint32Array, at: number): void {
    readSync(this.#file as number, into, 0, into.byteLength, at);
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

function openUnnamed(): number {
  const folder = mkdtempSync(join(tmpdir(), 'liberate-'));
  try {
    return openSync(join(folder, 'digests'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
