import type { FileHandle } from 'node:fs/promises';
import { LiberateError } from '../../kit/errors.ts';

const newline = 0x0a;
const chunk = 64 * 1024;

/** How every line of ours begins. */
const head = Buffer.from('{"key":');

/** What stands at the end of a file found on opening. */
export interface Tail {
  /** Bytes up to and with the last line break. */
  readonly complete: number;
  /** Bytes after it: a line that a crash or a full disk cut off. */
  readonly torn: number;
}

/**
 * Looks at the end of a file. What follows the last line break was never acknowledged: a line goes
 * out with its break in one write, and the acknowledgement comes after. LIB307 when the end is not
 * of our making, so that nothing of somebody else's is ever cut off.
 */
export async function readTail(handle: FileHandle, size: number, path: string): Promise<Tail> {
  if (size === 0) return { complete: 0, torn: 0 };
  const complete = (await lastBreak(handle, size)) + 1;
  if (complete < size && !(await beginsLikeOurs(handle, complete, size))) {
    throw damaged(path, `what follows the last line break, at byte ${complete}, is no event`);
  }
  if (complete > 0) {
    const start = (await lastBreak(handle, complete - 1)) + 1;
    const line = Buffer.alloc(complete - 1 - start);
    await readFully(handle, line, start);
    if (!isEvent(line)) throw damaged(path, `its last line, at byte ${start}, is no event`);
  }
  return { complete, torn: size - complete };
}

/** The place of the last line break before `end`; -1 when there is none. */
async function lastBreak(handle: FileHandle, end: number): Promise<number> {
  const buffer = Buffer.alloc(Math.min(chunk, end));
  for (let to = end; to > 0; ) {
    const from = Math.max(0, to - chunk);
    const part = buffer.subarray(0, to - from);
    await readFully(handle, part, from);
    const at = part.lastIndexOf(newline);
    if (at >= 0) return from + at;
    to = from;
  }
  return -1;
}

/** A cut-off line of ours, or the zeros that a file system leaves where it had grown a file but not yet written it. */
async function beginsLikeOurs(handle: FileHandle, from: number, size: number): Promise<boolean> {
  const start = Buffer.alloc(Math.min(head.length, size - from));
  await readFully(handle, start, from);
  return start.equals(head.subarray(0, start.length)) || start.every((byte) => byte === 0);
}

function isEvent(line: Buffer): boolean {
  if (!line.subarray(0, head.length).equals(head)) return false;
  try {
    const event: unknown = JSON.parse(line.toString());
    return typeof event === 'object' && event !== null && 'value' in event && 'timestamp' in event;
  } catch {
    return false;
  }
}

async function readFully(handle: FileHandle, into: Buffer, from: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, into.length - done, from + done);
    if (bytesRead === 0) throw new Error(`the file ended at byte ${from + done} while it was read`);
    done += bytesRead;
  }
}

const damaged = (path: string, found: string): LiberateError =>
  new LiberateError('LIB307', `${path} cannot be written on: ${found}`, {
    cure: 'If another program wrote it, give the job another `topic:` or the sink another folder; if it is damaged, move it away and reset the job, so that it is written anew.',
  });
