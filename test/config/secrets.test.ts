import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { brief, parse, problemsOf } from './support.ts';

/** Found nowhere else, whole or in a part of six letters. */
const marker = 'Zq7WvKx0Ppy';
const parts = Array.from({ length: marker.length - 5 }, (_, at) => marker.slice(at, at + 6));

type Node = string | number | boolean | null | readonly Node[] | { readonly [key: string]: Node };

const base = {
  sources: {
    shop: {
      url: 'postgres://db/shop',
      user: 'u',
      password: 'p',
      tls: { ca: 'ca.pem', cert: 'c.pem', key: 'k.pem' },
      pool: 3,
      session: ['SET a = 1'],
    },
    crm: 'mysql://u:p@db/crm?ssl=true',
  },
  sinks: {
    k: {
      brokers: ['a:9092'],
      sasl: { mechanism: 'plain', username: 'u', password: 'p' },
      deadline: '1m',
      topicDefaults: { partitions: 3, 'retention.ms': 1 },
      registry: { url: 'https://registry/x', user: 'u', password: 'p', tls: { ca: 'ca.pem' }, deadline: '1m' },
    },
    n: 'ndjson:out',
    r: { brokers: 'a', registry: { url: 'https://registry', token: 'p' } },
    s: { brokers: 'a', registry: 'http://u:p@registry' },
  },
  state: { url: 'mysql://db/state', user: 'u', password: 'p' },
  defaults: { every: '1s', sink: 'k', source: 'shop' },
  jobs: {
    a: {
      table: ['a', '!b'],
      cursor: ['x', 'y'],
      topic: 'a',
      where: 'x',
      columns: { include: ['x'], rename: { x: 'y' } },
      headers: { h: 'v' },
    },
    b: { query: 'SELECT 1', key: 'k', cursor: 'c', schedule: '* * * * *', timezone: 'UTC', initial: { from: 1 }, batch: 5, enabled: true },
    c: { table: 'c', source: 'crm', sink: 'n', mode: 'bulk', overlap: 'skip', retries: 2 },
  },
} as const;

function pathsOf(node: Node, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof node !== 'object' || node === null) return [path];
  return [path, ...Object.entries(node).flatMap(([key, inner]) => pathsOf(inner as Node, [...path, key]))];
}

function replaced(node: Node, path: readonly string[], value: Node): Node {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(node)) return node.map((inner, at) => (String(at) === head ? replaced(inner as Node, rest, value) : (inner as Node)));
  const mapping = (typeof node === 'object' && node !== null ? node : {}) as { readonly [key: string]: Node };
  return { ...mapping, [head]: replaced(mapping[head] ?? null, rest, value) };
}

const paths = pathsOf(base).filter((path) => path.length > 0);
const secretPaths = paths.filter(
  (path) => path.at(-1) === 'password' || path.at(-1) === 'token' || (path.includes('tls') && path.length > 3) || path.at(-1) === 'sasl',
);
const urlPaths = paths.filter(
  (path) => path.at(-1) === 'url' || path.at(-1) === 'crm' || path.at(-1) === 'registry' || path[0] === 'state',
);

const special = fc.string({
  unit: fc.constantFrom('/', '?', '#', '%', '@', ':', ' ', '&', '=', 'a', '\\', '"', '{', '$', '*', '!'),
  maxLength: 3,
});
const schemes = fc.constantFrom(
  'https://',
  'http://',
  'postgres://',
  'mysql://',
  'oracle://',
  'postgres:',
  'sqlite:',
  '',
  'kafka://',
  'postgres//',
);
const url = fc
  .tuple(schemes, special, special, fc.constantFrom('@db/shop', '@db', '@db/shop?x=1', '@', '@db:x/shop'))
  .map(([scheme, before, after, rest]) => `${scheme}u:${before}${marker}${after}${rest}`);

/** A value that holds the secret, at a place where it is one, or out of a variable anywhere. */
const leak = fc.oneof(
  fc.tuple(fc.constantFrom(...paths), fc.constantFrom<Node>('${SECRET}', 'x${SECRET}', '${SECRET:-y}', ['${SECRET}'])),
  fc.tuple(fc.constantFrom(...secretPaths), fc.constantFrom<Node>(marker, [marker], { x: marker }, `*${marker}`, `${marker}: x`)),
  fc.tuple(fc.constantFrom(...urlPaths), url),
);
/** Damaged, this would be a text like any other. */
const fallback = fc.tuple(fc.constantFrom(...paths), fc.constant<Node>(`\${NONE:-${marker}}`));
const wrong = fc.tuple(fc.constantFrom(...paths), fc.constantFrom<Node>(null, 7, 'x', [], { x: 1 }, '${NONE}', true, [{}]));

function saysNothing(text: string): void {
  const result = parse(text, { env: { SECRET: marker } });
  const said = JSON.stringify([result.warnings, result.ok ? [] : result.problems]);
  for (const part of parts) expect(said).not.toContain(part);
}

const style = fc.constantFrom({}, { collectionStyle: 'flow' as const }, { defaultStringType: 'QUOTE_DOUBLE' as const });

describe('a secret', () => {
  test('is in no message, wherever it stands and whatever else is wrong', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(leak, fallback), { minLength: 1, maxLength: 3 }),
        fc.array(wrong, { maxLength: 3 }),
        style,
        (leaks, wrongs, options) => {
          const tree = [...wrongs, ...leaks].reduce<Node>((node, [path, value]) => replaced(node, path, value), base as unknown as Node);
          saysNothing(stringify(tree, options));
        },
      ),
      { numRuns: 1500 },
    );
  }, 60_000);

  test('is in no message when the text of the file is damaged around it', () => {
    const damage = fc.constantFrom(
      '\t',
      '\n',
      ':',
      ': ',
      ',',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      '&',
      '*',
      '!',
      '#',
      '|',
      '-',
      '${',
      '%',
      '@',
      '? ',
      '---\n',
      '<<: ',
    );
    fc.assert(
      fc.property(fc.array(leak, { minLength: 1, maxLength: 2 }), style, fc.nat(), fc.nat(6), damage, (leaks, options, at, cut, put) => {
        const text = stringify(
          leaks.reduce<Node>((node, [path, value]) => replaced(node, path, value), base as unknown as Node),
          options,
        );
        const from = at % text.length;
        saysNothing(`${text.slice(0, from)}${put}${text.slice(from + cut)}`);
      }),
      { numRuns: 3000 },
    );
  }, 60_000);

  test('that became a key by a comma is not shown', () => {
    const text = `source: { url: postgres://db/s, user: u, password, ${marker} }\nsink: stdout\njobs: {a: {table: a}}\n`;
    expect(problemsOf(text).map(brief)).toEqual(['1:42 LIB103 source.password', `1:52 LIB104 source.…`]);
  });
});
