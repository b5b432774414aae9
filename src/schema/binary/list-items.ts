import type { ColumnType } from '../../model/column.ts';
import { jsonItems } from '../json/items.ts';

/** The items of an array's JSON text as a server would print them; null for NULL. Of what is no array of such items: null. */
export function listItems(element: ColumnType): (from: Buffer, start: number, end: number) => readonly (Buffer | null)[] | null {
  const itemOf = itemReader(element);
  return (from, start, end) => {
    const items = jsonItems(from.toString('utf8', start, end));
    if (items === null) return null;
    const read: (Buffer | null)[] = [];
    for (const item of items) {
      if (item === 'null') read.push(null);
      else {
        const found = itemOf(item);
        // An array within the array, where none was declared.
        if (found === null) return null;
        read.push(found);
      }
    }
    return read;
  };
}

function itemReader({ kind }: ColumnType): (json: string) => Buffer | null {
  if (kind === 'json' || kind === 'array') return (json) => Buffer.from(json);
  return (json) => {
    if (json.startsWith('[')) return null;
    if (!json.startsWith('"')) return Buffer.from(json);
    return Buffer.from(JSON.parse(json) as string, kind === 'bytes' ? 'base64' : 'utf8');
  };
}
