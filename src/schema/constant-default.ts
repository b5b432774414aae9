import type { ColumnFacts } from '../model/column.ts';
import type { EventField } from './event-model.ts';

/** A default that is the same for every row: what a reader may take for a field that an event does not have. */
export type Constant =
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'text'; readonly text: string };

/** `'paid'::text`, as the databases print it; a backslash is an escape in some of them. */
const quoted = /^'((?:[^'\\]|'')*)'(?:::[\w\s."(),[\]]+)?$/;
const number = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** null: there is none, or it is not certain to be one. */
export function constantDefault({ type, facts }: Pick<EventField, 'type' | 'facts'>): Constant | null {
  if (facts.default === undefined) return null;
  const sql = withoutBrackets(facts.default.trim());
  const text = quoted.exec(sql)?.[1]?.replaceAll("''", "'") ?? null;
  const written = text ?? sql;
  const digits: Constant | null = number.test(written) ? { kind: 'number', digits: written } : null;
  const texts: Constant | null = text === null ? null : { kind: 'text', text };
  switch (type.kind) {
    case 'boolean': {
      const value = booleans[sql.toLowerCase()];
      return value === undefined ? null : { kind: 'boolean', value };
    }
    case 'integer':
      return /^-?\d+$/.test(written) ? digits : null;
    case 'decimal':
    case 'float':
      return digits;
    case 'text':
      return texts;
    case 'dynamic':
      return dynamic(facts.stored, texts, digits);
    default:
      return null;
  }
}

/** SQLite keeps what is written, unless the column is made for another. */
function dynamic(stored: ColumnFacts['stored'], text: Constant | null, digits: Constant | null): Constant | null {
  if (stored === 'blob') return null;
  if (stored === 'text') return text;
  return stored === undefined && text !== null ? text : digits;
}

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false, "b'1'": true, "b'0'": false };

function withoutBrackets(sql: string): string {
  const inner = /^\((-?[\d.]+)\)((?:::[\w\s()]+)?)$/.exec(sql)?.[1];
  return inner ?? sql;
}

/** The number that a double keeps as it is written; null: it would be another. */
export function exactDouble(digits: string): number | null {
  const value = Number(digits);
  const places = digits.replace(/[-.]|[eE].*$/g, '').replace(/^0+/, '').length;
  return Number.isFinite(value) && places <= 15 ? value : null;
}
