import { jsonItems } from '../../src/schema/json/items.ts';

/** The fields of a JSON object, each as its own text, so that no number becomes a double. */
export function membersOf(json: string): ReadonlyMap<string, string> {
  const items = jsonItems(`[${json.slice(1, -1)}]`) ?? [];
  return new Map(
    items.map((item) => {
      const name = /^"(?:[^"\\]|\\.)*"/.exec(item)?.[0] as string;
      return [JSON.parse(name) as string, item.slice(name.length + 1)];
    }),
  );
}
