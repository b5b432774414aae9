import type { KeyFormat } from '../model/format.ts';
import { frameBytes } from './binary/frame.ts';
import { jsonMembers } from './json/members.ts';

/** The texts of a key's fields, by name, read from the key's own bytes. */
export type KeyTexts = (key: Buffer) => ReadonlyMap<string, string>;

const texts = (json: Buffer): ReadonlyMap<string, string> =>
  new Map([...jsonMembers(json)].map(([name, token]) => [name, token.startsWith('"') ? (JSON.parse(token) as string) : token]));

/** null: keys of the format are not read back. `only`: the one field of a key that is a bare text. */
export function keyTexts(format: KeyFormat, only: string): KeyTexts | null {
  switch (format) {
    case 'json':
      return texts;
    case 'json-schema':
      return (key) => texts(key.subarray(frameBytes));
    case 'connect':
      return (key) => texts(Buffer.from(jsonMembers(key).get('payload') ?? '{}'));
    case 'string':
      return (key) => new Map([[only, key.toString('utf8')]]);
    case 'avro':
    case 'protobuf':
      return null;
    default:
      return format satisfies never;
  }
}
