import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../kit/abort.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { NdjsonSinkConfig } from '../sink-config.ts';
import type { StreamReader, StreamRecord } from '../stream-reader.ts';
import { fileName } from './file-name.ts';
import { readLine } from './read-line.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
/** Bytes read at once; a line longer than that makes the buffer grow. */
const chunk = 1 << 20;

/** Reads the files that the ndjson sink writes, also while it goes on writing. */
export function openNdjsonReader({ directory }: NdjsonSinkConfig): StreamReader {
  const path = (topic: string): string => join(directory, fileName(topic));
  return {
    end: async (topic, signal) => {
      throwIfAborted(signal);
      await using file = await openFile(topic, path(topic));
      return new Map([[0, BigInt(await wholeLines(file.handle))]]);
    },
    read: (topic, from, to, signal) => readLines(topic, path(topic), Number(from?.get(0) ?? 0n), Number(to.get(0) ?? 0n), signal),
    // The sink writes a space for a line break between tokens.
    asRead: (published) => {
      for (let at = 0; at < published.length; at += 1) {
        if (published[at] === newline || published[at] === carriageReturn) published[at] = space;
      }
      return published;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function openFile(topic: string, path: string): Promise<AsyncDisposable & { readonly handle: FileHandle }> {
  try {
    const handle = await open(path, 'r');
    return { handle, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new LiberateError('LIB303', `topic ${topic} has no file ${path}`, {
        cure: 'Run the job first, or name the folder that it wrote to.',
      });
    }
    throw readError(path, error);
  }
}

/** Bytes up to and with the last line break: what follows is being written, or was cut off. */
async function wholeLines(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(Math.min(chunk, size));
  for (let to = size; to > 0; ) {
    const from = Math.max(0, to - buffer.length);
    const { bytesRead } = await handle.read(buffer, 0, to - from, from);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(newline);
    if (at >= 0) return from + at + 1;
    to = from;
  }
  return 0;
}

async function* readLines(
  topic: string,
  path: string,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<readonly StreamRecord[], void, undefined> {
  await using file = await openFile(topic, path);
  let buffer = Buffer.allocUnsafe(chunk);
  let kept = 0;
  for (let at = from; at < to; ) {
    throwIfAborted(signal);
    if (kept === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    const bytesRead = await readSome(file.handle, buffer, kept, Math.min(buffer.length - kept, to - at), at, path);
    at += bytesRead;
    const filled = buffer.subarray(0, kept + bytesRead);
    const end = filled.lastIndexOf(newline) + 1;
    if (end > 0) yield [...linesOf(filled.subarray(0, end), path)];
    filled.copyWithin(0, end);
    kept = filled.length - end;
  }
}

async function readSome(handle: FileHandle, into: Buffer, at: number, length: number, from: number, path: string): Promise<number> {
  let bytesRead: number;
  try {
    ({ bytesRead } = await handle.read(into, at, length, from));
  } catch (error) {
    throw readError(path, error);
  }
  if (bytesRead > 0) return bytesRead;
  throw new LiberateError('LIB307', `${path} ends at byte ${from}, and was longer a moment ago`, {
    cure: 'Leave the file alone while it is read.',
  });
}

function* linesOf(lines: Buffer, path: string): Generator<StreamRecord> {
  for (let from = 0; from < lines.length; ) {
    const to = lines.indexOf(newline, from);
    const record = readLine(lines.subarray(from, to));
    if (record === null) {
      throw new LiberateError(
        'LIB307',
        `${path} holds a line that is no event: ${lines.subarray(from, Math.min(to, from + 80)).toString()}`,
      );
    }
    yield record;
    from = to + 1;
  }
}

const readError = (path: string, error: unknown): LiberateError =>
  new LiberateError('LIB307', `reading ${path} failed: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
    cure: 'Make the file readable for this user.',
  });
