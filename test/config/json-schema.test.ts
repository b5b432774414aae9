import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { jobsFileSchema } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/read-jobs-file.ts';
import { parse } from './support.ts';

type Json = { readonly [key: string]: unknown };
const schema = jobsFileSchema() as Json;
const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
const isValid = (value: unknown): boolean => validator.safeParse(value).success;

/** Every key with its own schema, found anywhere in the schema. */
function keysOf(node: unknown, path: string): readonly (readonly [string, Json])[] {
  if (Array.isArray(node)) return node.flatMap((inner) => keysOf(inner, path));
  if (typeof node !== 'object' || node === null) return [];
  const { properties, ...rest } = node as Json;
  const own = Object.entries((properties ?? {}) as Record<string, Json>);
  return [
    ...own.flatMap(([name, inner]) => [[`${path}.${name}`, inner] as const, ...keysOf(inner, `${path}.${name}`)]),
    ...Object.entries(rest).flatMap(([name, inner]) => (name === 'examples' || name === 'default' ? [] : keysOf(inner, path))),
  ];
}

function objectsOf(node: unknown): readonly Json[] {
  if (Array.isArray(node)) return node.flatMap(objectsOf);
  if (typeof node !== 'object' || node === null) return [];
  const own = node as Json;
  const inner = Object.entries(own).flatMap(([name, value]) => (name === 'examples' || name === 'default' ? [] : objectsOf(value)));
  return own['type'] === 'object' ? [own, ...inner] : inner;
}

const keys = keysOf(schema, '');

describe('the JSON Schema of a jobs file', () => {
  test('is draft-07 and has all the keys', () => {
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#');
    expect(schema['required']).toEqual(['jobs']);
    expect(keys.map(([path]) => path)).toEqual(
      expect.arrayContaining(['.source.url', '.sinks.sasl.mechanism', '.jobs.table', '.defaults.every']),
    );
  });

  test.each(keys)('describes %s, with an example', (_, key) => {
    expect(String(key['description']).length).toBeGreaterThan(5);
    expect(key['examples']).toEqual(expect.arrayContaining([expect.anything()]));
  });

  test('allows no unknown key anywhere', () => {
    const open = objectsOf(schema).filter((object) => object['additionalProperties'] === undefined);
    expect(open).toEqual([]);
  });

  test.each(keys.filter(([, { default: fallback }]) => fallback !== undefined))('accepts the default of %s', (_, key) => {
    expect(z.fromJSONSchema(key as Parameters<typeof z.fromJSONSchema>[0]).safeParse(key['default']).success).toBe(true);
  });

  test.each(keys)('accepts the examples of %s', (_, key) => {
    const own = z.fromJSONSchema(key as Parameters<typeof z.fromJSONSchema>[0]);
    for (const example of key['examples'] as readonly unknown[]) expect([example, own.safeParse(example).success]).toEqual([example, true]);
  });
});

const env = { SHOP_PASSWORD: 'x', KAFKA_PASSWORD: 'x' };
const agreed: readonly (readonly [string, boolean])[] = [
  ['jobs: {a: {table: a}}', true],
  ['jobs: {a: {table: [a, "!b"], cursor: c, batch: "${N}", enabled: "${B}", every: "${D}", nulls: "${E}"}}', true],
  ['jobs: {a: {table: a, evry: 1s}}', false],
  ['jobs: {a: {table: a, every: 10}}', false],
  ['jobs: {a: {table: a, batch: 0}}', false],
  ['jobs: {a: {table: a, overlap: x}}', false],
  ['jobs: {"a b": {table: a}}', false],
  ['jobs: {a: {table: a, cursor: c, initial: {from: 12}}}', true],
  ['jobs: {a: {table: a, cursor: c, initial: {to: 12}}}', false],
  ['jobs: {a: {table: a}}\nstate: oracle://x', false],
  ['jobs: {a: {table: a}}\nstate: {url: "sqlite:s.db", pool: 3}', false],
  ['jobs: {a: {table: a}}\nstate: {user: x}', false],
];

describe('editor and loader agree', () => {
  test.each(agreed)('%s: %s', (lines, right) => {
    const text = `source: sqlite:x.db\nsink: stdout\n${lines}\n`;
    expect(isValid(parseYaml(text))).toBe(right);
    expect(parse(text, { env: { N: '5', B: 'true', D: '5s', E: 'error' } }).ok).toBe(right);
  });
});

const examples = readdirSync(new URL('../../examples/', import.meta.url), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.ya?ml$/.test(name),
);

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(0);
});

describe('the example files', () => {
  test.each(examples)('%s is right for the editor and for the loader', async (name) => {
    const path = new URL(`../../examples/${name}`, import.meta.url).pathname;
    const text = readFileSync(path, 'utf8');
    expect(isValid(parseYaml(text))).toBe(true);
    const names = [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map((match) => [match[1], 'x'] as const);
    const result = await loadConfig(path, { ...Object.fromEntries(names), ...env });
    expect(result).toMatchObject({ ok: true, warnings: [] });
  });
});
