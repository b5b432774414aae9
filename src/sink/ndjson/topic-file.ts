import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfAborted } from '../../kit/abort.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import type { Finding } from '../../model/report.ts';
import { LineBuffer } from '../json-line.ts';
import { inTurn } from '../turns.ts';
import { writeError } from '../write-error.ts';
import { syncFolder } from './sync-folder.ts';
import { readTail } from './tail.ts';

/** The file of one topic, open for appending. */
export interface TopicFile extends AsyncDisposable {
  /** What was found and mended when it was opened. */
  readonly findings: readonly Finding[];
  /** Resolves when the lines are on the disk. */
  append(batch: RecordBatch, signal: AbortSignal): Promise<void>;
}

interface Opened {
  readonly handle: FileHandle;
  /** Which file it is, to be told from another that takes its name later. */
  readonly identity: Stats;
  readonly torn: number;
}

/** Opens or makes the file and cuts off a torn last line. LIB306, LIB307. */
export async function openTopicFile(topic: string, path: string): Promise<TopicFile> {
  const opened = await openAtEnd(path);
  return new AppendedFile(path, opened, tornFindings(topic, path, opened.torn));
}

class AppendedFile implements TopicFile {
  readonly findings: readonly Finding[];
  readonly #path: string;
  readonly #lines = new LineBuffer();
  readonly #turn = inTurn();
  #open: Opened;
  /** Where a failed write began, while what it left could not be cut off yet; null: the file ends in a whole line. */
  #leftover: number | null = null;

  constructor(path: string, opened: Opened, findings: readonly Finding[]) {
    this.#path = path;
    this.#open = opened;
    this.findings = findings;
  }

  append(batch: RecordBatch, signal: AbortSignal): Promise<void> {
    return this.#turn(async () => {
      throwIfAborted(signal);
      if (batch.count === 0) return;
      this.#lines.clear();
      this.#lines.add(null, batch);
      try {
        await this.#follow();
        await this.#cutLeftover();
        await this.#write(this.#lines.bytes());
      } catch (error) {
        throw writeError(`writing ${this.#path}`, error);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn(() => this.#open.handle.close());
  }

  /**
   * Somebody may have moved or deleted the file since the last batch (log rotation): the handle would
   * go on writing to what has no name any more, and acknowledge it.
   */
  async #follow(): Promise<void> {
    const there = await stat(this.#path).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    });
    const { identity, handle } = this.#open;
    if (there !== null && there.ino === identity.ino && there.dev === identity.dev) return;
    this.#open = await openAtEnd(this.#path);
    this.#leftover = null;
    await handle.close();
  }

  /** One write and one fdatasync; whatever a failure leaves behind is cut off before the next. */
  async #write(bytes: Buffer): Promise<void> {
    const { handle, identity } = this.#open;
    if (!identity.isFile()) return writeAll(handle, bytes);
    const { size } = await handle.stat();
    try {
      await writeAll(handle, bytes);
      // Also after a failed sync the lines are cut off and written again: the kernel may have dropped
      // the pages, and a second sync would then say yes to nothing.
      await handle.datasync();
    } catch (error) {
      this.#leftover = size;
      await this.#cutLeftover().catch(() => undefined);
      throw error;
    }
  }

  async #cutLeftover(): Promise<void> {
    if (this.#leftover === null) return;
    await this.#open.handle.truncate(this.#leftover);
    this.#leftover = null;
  }
}

async function openAtEnd(path: string): Promise<Opened> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND);
    const identity = await handle.stat();
    // A pipe or a device has no end to look at, and nothing to cut off.
    if (!identity.isFile()) return { handle, identity, torn: 0 };
    if (identity.size === 0) await syncFolder(dirname(path));
    const tail = await readTail(handle, identity.size, path);
    if (tail.torn > 0) {
      await handle.truncate(tail.complete);
      await handle.datasync();
    }
    return { handle, identity, torn: tail.torn };
  } catch (error) {
    await handle?.close();
    throw writeError(`opening ${path}`, error);
  }
}

/** A disk that fills up takes a part first and fails at the next call. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

function tornFindings(topic: string, path: string, torn: number): readonly Finding[] {
  if (torn === 0) return [];
  const message = `topic "${topic}": the last line of ${path} was cut off in the middle (${torn} bytes); it was never acknowledged, and has been removed`;
  return [{ severity: 'warning', code: null, job: null, message, cure: 'Nothing: its rows are published again.' }];
}
