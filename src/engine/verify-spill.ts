import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiberateError } from '../kit/errors.ts';
import { recordWords } from './verify-digest.ts';

/** Parts by key: ten million keys make parts of 40,000, and five hundred million parts of two million, or 100 MB. */
export const parts = 256;
/** Records of a block: what a part holds in memory before it is written. */
const blockRecords = 512;
const blockWords = blockRecords * recordWords;
const blockBytes = blockWords * Uint32Array.BYTES_PER_ELEMENT;

interface Part {
  readonly open: Uint32Array<ArrayBuffer>;
  /** Words in use of `open`. */
  length: number;
  /** Numbers of its full blocks in the file. */
  readonly blocks: number[];
}

/**
 * Records of 24 bytes (key digest, value digest) in the order of their coming, parted by key, so that each part can be
 * folded alone. Full blocks go to a temporary file that has no name, so that nothing stays behind after a crash; a
 * small stream never touches it. Writing is synchronous: it goes to the page cache, in 12 KB pieces.
 */
export class Spill implements Disposable {
  readonly #parts: (Part | undefined)[] = [];
  #file: number | null = null;
  #blocks = 0;
  #records = 0;

  get records(): number {
    return this.#records;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#blocks * blockBytes;
  }

  add(record: Uint32Array): void {
    // The last word of the key: the first is where the table looks.
    const number = (record[2] as number) & (parts - 1);
    let part = this.#parts[number];
    if (part === undefined) {
      part = { open: new Uint32Array(blockWords), length: 0, blocks: [] };
      this.#parts[number] = part;
    }
    for (let word = 0; word < recordWords; word += 1) part.open[part.length + word] = record[word] as number;
    part.length += recordWords;
    this.#records += 1;
    if (part.length === blockWords) this.#write(part);
  }

  /** The records of one part as runs of words, each valid until the next. */
  *part(number: number): Generator<Uint32Array> {
    const part = this.#parts[number];
    if (part === undefined) return;
    const words = new Uint32Array(blockWords);
    for (const block of part.blocks) {
      readSync(this.#file as number, words, 0, blockBytes, block * blockBytes);
      yield words;
    }
    yield part.open.subarray(0, part.length);
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #write(part: Part): void {
    try {
      this.#file ??= openUnnamed();
      for (let done = 0; done < blockBytes; ) {
        done += writeSync(this.#file, part.open, done, blockBytes - done, this.#blocks * blockBytes + done);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LiberateError('LIB505', `writing digests to ${tmpdir()} failed: ${reason}`, { cause: error });
    }
    part.blocks.push(this.#blocks);
    this.#blocks += 1;
    part.length = 0;
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
