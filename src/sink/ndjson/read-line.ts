import type { StreamRecord } from '../stream-reader.ts';

const quote = 0x22;
const backslash = 0x5c;
const keyName = Buffer.from('{"key":');
const valueName = Buffer.from(',"value":');
const timestampName = Buffer.from(',"timestamp":"');

/**
 * Key and value of a line as json-line.ts lays it out, as the bytes that stand there: parsing and printing them
 * would change a number of 19 digits. null: no such line.
 */
export function readLine(line: Buffer): StreamRecord | null {
  if (!startsWith(line, keyName, 0)) return null;
  const keyEnd = endOfJson(line, keyName.length);
  if (keyEnd < 0 || !startsWith(line, valueName, keyEnd)) return null;
  const valueStart = keyEnd + valueName.length;
  const valueEnd = endOfJson(line, valueStart);
  if (valueEnd < 0 || !startsWith(line, timestampName, valueEnd)) return null;
  return { key: bytesOf(line, keyName.length, keyEnd), value: bytesOf(line, valueStart, valueEnd) };
}

function startsWith(line: Buffer, text: Buffer, at: number): boolean {
  return line.length >= at + text.length && line.compare(text, 0, text.length, at, at + text.length) === 0;
}

/** A key or value of ours is an object; the word null stands for none. */
function bytesOf(line: Buffer, from: number, to: number): Buffer | null {
  return to - from === 4 && line[from] === 0x6e ? null : line.subarray(from, to);
}

/** Where the JSON text that begins at `from` ends; -1: not within the line. */
function endOfJson(line: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < line.length; at += 1) {
    const byte = line[at] as number;
    if (byte === quote) {
      at = endOfString(line, at);
      if (at < 0) return -1;
      if (depth === 0) return at + 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
      if (depth <= 0) return depth === 0 ? at + 1 : at;
    } else if (byte === 0x2c && depth === 0) {
      return at;
    }
  }
  return -1;
}

/** The closing quote of the string that opens at `from`. */
function endOfString(line: Buffer, from: number): number {
  for (let at = line.indexOf(quote, from + 1); at >= 0; at = line.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (line[at - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return -1;
}
