import type { Flavour } from '../../query/flavour.ts';

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Marks are bound as values of their own storage class, so a comparison needs no cast: where a column
 * has an affinity, its stored values have been through it already and so has a mark taken from them.
 */
export const sqliteFlavour: Flavour = {
  quote,
  table: ({ schema, name }) => (schema === null ? quote(name) : `${quote(schema)}.${quote(name)}`),
  bind: () => '?',
  // NULL when one is NULL, which neither a mark nor an instant is.
  least: (a, b) => `min(${a}, ${b})`,
  // The cast gives it numeric affinity, without which a TEXT column would compare with the text '-Inf'.
  lowest: () => 'CAST(-9e999 AS NUMERIC)',
  // Bytes sort last, and no affinity changes them.
  highest: () => `X'${'FF'.repeat(16)}'`,
  select: (expression) => expression,
  // The value's own class tells: zero, and the empty text, in whatever column, say no.
  marks: (expression) => `${expression} NOT IN (0, '', '0')`,
  rowComparison: true,
  lexis: 'standard',
};
