import type { EventField } from './event-model.ts';

/** A default that is the same for every row: what a reader may take for a field that an event does not have. Numbers are their digits. */
export type Constant = boolean | string;

/** `'paid'::text`, as the databases print it; a backslash is an escape in some of them. */
const quoted = /^'((?:[^'\\]|'')*)'(?:::[\w\s."(),[\]]+)?$/;
const number = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** null: there is none, or it is not certain to be one. */
export function constantDefault({ type, facts }: Pick<EventField, 'type' | 'facts'>): Constant | null {
  if (facts.default === undefined) return null;
  const sql = withoutBrackets(facts.default.trim());
  const text = quoted.exec(sql)?.[1]?.replaceAll("''", "'") ?? null;
  const digits = number.test(text ?? sql) ? (text ?? sql) : null;
  switch (type.kind) {
    case 'boolean':
      return booleans[sql.toLowerCase()] ?? null;
    case 'integer':
      return digits !== null && /^-?\d+$/.test(digits) ? digits : null;
    case 'decimal':
    case 'float':
      return digits;
    case 'text':
      return text;
    case 'dynamic':
      return facts.stored === 'text' ? text : facts.stored === 'blob' ? null : text === null ? digits : null;
    default:
      return null;
  }
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
