import type { SeenRecord } from '../contract/sink.ts';

/** The place after the JSON text that begins at `from`; the text itself is left as it is, numbers of 19 digits too. */
function jsonEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at] as string;
    if (letter === '"') {
      at += 1;
      while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (letter === '{' || letter === '[') depth += 1;
    else if (depth > 0 && (letter === '}' || letter === ']')) depth -= 1;
    else if (depth === 0 && (letter === ',' || letter === '}')) return at;
  }
  throw new Error(`no end of JSON: ${text.slice(from)}`);
}

/** The members of one line in order, each as the text that stands there. */
export function members(line: string): readonly (readonly [string, string])[] {
  // Also proves that the line is JSON as a whole.
  JSON.parse(line);
  const found: (readonly [string, string])[] = [];
  for (let at = 1; at < line.length; ) {
    const colon = line.indexOf('":', at) + 1;
    const end = jsonEnd(line, colon + 1);
    found.push([JSON.parse(line.slice(at, colon)) as string, line.slice(colon + 1, end)]);
    at = end + 1;
  }
  return found;
}

/** A line as the contract sees it. */
export function seenLine(line: string): SeenRecord {
  const parts = Object.fromEntries(members(line)) as Record<string, string>;
  const iso = JSON.parse(parts['timestamp'] as string) as string;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(iso)) throw new Error(`not a time with milliseconds: ${iso}`);
  return {
    key: parts['key'] === 'null' ? null : (parts['key'] as string),
    value: parts['value'] === 'null' ? null : (parts['value'] as string),
    timestamp: String(Date.parse(iso)),
    headers: JSON.parse(parts['headers'] as string) as Record<string, string>,
  };
}

/** The lines of a text that ends in a line break, or is empty. */
export function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error(`the last line is torn: ${text.slice(-80)}`);
  return text.slice(0, -1).split('\n');
}
