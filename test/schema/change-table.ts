import type { Format } from '../../src/model/format.ts';
import { verdictOf } from '../../src/schema/compatibility/compatibility.ts';
import { type Change, changes, versionOf } from './changes.ts';

/** Two formats that are told by the same document have one column. */
const columns: readonly (readonly [head: string, format: Format])[] = [
  ['`json`, `json-schema`', 'json-schema'],
  ['`connect`', 'connect'],
  ['`avro`', 'avro'],
  ['`protobuf`', 'protobuf'],
];

/** The strictest compatibility that lets a change go on. */
export function allowedBy({ was, is }: Change, format: Format): 'full' | 'backward' | 'forward' | 'none' {
  const ok = (compatibility: 'full' | 'backward' | 'forward'): boolean =>
    verdictOf([versionOf(was, format)], versionOf(is, format), compatibility).ok;
  if (ok('full')) return 'full';
  return ok('backward') ? 'backward' : ok('forward') ? 'forward' : 'none';
}

function table(): string {
  const lines = changes.map((change) => [change.of, ...columns.map(([, format]) => allowedBy(change, format))]);
  const head = ['change', ...columns.map(([name]) => name)];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The document with its table of changes as the rules are now. */
export const withChangeTable = (document: string): string =>
  document.replace(
    /(<!-- changes -->\n)[\s\S]*?(\n<!-- \/changes -->)/,
    (_, before: string, after: string) => `${before}${table()}${after}`,
  );
