import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changes, queries } from '../fixtures/query-changes.ts';
import type { DatabaseKind } from '../support/databases.ts';
import { affected } from './affected.ts';
import { parseExactly } from './exact-json.ts';
import { goldenText } from './golden-text.ts';
import { kinds, type PublishedShop, publishShop, type Topic, topics } from './shop.ts';

const shops = new Map<DatabaseKind, PublishedShop>();
const first = new Map<DatabaseKind, ReadonlyMap<string, number>>();

beforeAll(async () => {
  for (const kind of kinds) {
    const shop = await publishShop(kind);
    shops.set(kind, shop);
    first.set(kind, await shop.run());
  }
});
afterAll(async () => {
  for (const shop of shops.values()) await shop[Symbol.asyncDispose]();
});

const shopOn = (kind: DatabaseKind): PublishedShop => shops.get(kind) as PublishedShop;

describe.each(kinds)('the shop on %s', (kind) => {
  test('gives the records, schemas and states of the golden file', async () => {
    await expect(await goldenText(shopOn(kind))).toMatchFileSnapshot(`shop.${kind}.golden.txt`);
  });

  test('is published whole by the first run, and not again by the second', async () => {
    const rows = { order_summary: 1000, user_profile: 400, product_stock: 90, customers: 400, events: 1500 };
    expect(Object.fromEntries(first.get(kind) ?? [])).toEqual(rows);
    expect([...(await shopOn(kind).run()).values()]).toEqual(topics.map(() => 0));
  });
});

test.each(topics)('%s folds to the same table on each database, but for how each prints its types', (topic) => {
  const [postgres, mariadb, sqlite] = kinds.map((kind) => fold(topic, shopOn(kind).lines(topic)));
  expect(postgres?.size).toBeGreaterThan(80);
  expect(mariadb).toEqual(postgres);
  expect(sqlite).toEqual(postgres);
});

describe.each(kinds)('on %s', (kind) => {
  test.each(changes)('a change of $what brings exactly the affected rows of $query again', async ({ query, what, sql }) => {
    const shop = shopOn(kind);
    const [row] = await shop.db.rows(queries.find(({ name }) => name === query)?.example ?? '');
    const withKey = (text: string): string => text.replaceAll('{key}', String(row?.[0]));
    const expected = (await shop.db.rows(withKey(affected[query][what] ?? ''))).map(([key]) => `{"${keyOf(query)}":${key}}`);
    const before = shop.lines(query).length;
    await shop.db.run(withKey(sql));
    await shop.run();
    const again = shop
      .lines(query)
      .slice(before)
      .map((line) => /^\{"key":(\{[^}]*\})/.exec(line)?.[1]);
    expect(expected.length).toBeGreaterThan(0);
    expect(again.sort()).toEqual(expected.sort());
  });
});

const keyOf = (query: string): string => queries.find(({ name }) => name === query)?.key ?? '';

/** Key → value and the record's time, in one form for all databases. */
function fold(topic: Topic, lines: readonly string[]): ReadonlyMap<string, unknown> {
  const table = new Map<string, unknown>();
  for (const line of lines) {
    const { key, value, timestamp } = parseExactly(line) as {
      readonly key: object;
      readonly value: Readonly<Record<string, unknown>>;
      readonly timestamp: string;
    };
    const alike = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inOneForm(name, one)]));
    // An id says no time: these records have the time at which they were read.
    table.set(JSON.stringify(key), topic === 'events' ? alike : { ...alike, timestamp });
  }
  return table;
}

/** Stamps print differently everywhere; SQLite has no booleans and no JSON, MariaDB no booleans; decimals are text in SQLite as they are here. */
function inOneForm(name: string, value: unknown): unknown {
  if (value === null) return null;
  if (name.endsWith('_at')) return longStamp(String(value));
  if (name === 'newsletter') return value === true || value === '1';
  if (name === 'payload') return typeof value === 'string' ? parseExactly(value) : value;
  return value;
}

function longStamp(text: string): string {
  const [whole = '', fraction = ''] = text.replace('T', ' ').replace('Z', '').split('.');
  return `${whole}.${fraction.padEnd(6, '0')}`;
}
