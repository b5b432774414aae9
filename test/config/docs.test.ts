import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jobsFileSchema } from '../../src/config/json-schema.ts';
import { keyTable, rooms, withTables } from './key-tables.ts';
import { parse } from './support.ts';

// The tables are written by `npx tsx test/config/write-key-tables.ts`.
const document = readFileSync(new URL('../../docs/jobs.md', import.meta.url), 'utf8');

describe('docs/jobs.md', () => {
  test.each(rooms.map(({ name }) => name))('has the table of the keys of %s', (name) => {
    expect(document).toContain(`<!-- keys ${name} -->\n`);
  });

  test('tells of each key what the schema tells, and of no other key', () => {
    expect(document).toBe(withTables(document));
  });

  test('every key of the schema stands in some table', () => {
    const tables = rooms.map(keyTable).join('\n');
    const names = new Set<string>();
    const collect = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, inner] of Object.entries(node)) {
        if (key === 'properties') for (const name of Object.keys(inner as object)) names.add(name);
        if (key !== 'examples' && key !== 'default') collect(inner);
      }
    };
    collect(jobsFileSchema());
    expect([...names].filter((name) => !tables.includes(`| \`${name}\` |`))).toEqual([]);
  });

  const blocks = [...document.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] as string);
  const env = { SHOP_PASSWORD: 'x', KAFKA_PASSWORD: 'x', CRM_PASSWORD: 'x' };
  const files = { '/app/queries/order_summary.sql': 'SELECT 1', '/app/ca.pem': '-----BEGIN CERTIFICATE-----', '/run/secrets/crm': 'x' };

  test.each(blocks.filter((block) => block.includes('jobs:')).map((block) => [block]))('shows a file that is right:\n%s', (block) => {
    expect(parse(block, { env, files })).toMatchObject({ ok: true, warnings: [] });
  });

  test('shows whole files', () => {
    expect(blocks.filter((block) => block.includes('jobs:')).length).toBeGreaterThan(1);
  });
});
