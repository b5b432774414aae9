import { z } from 'zod';

// In this room a zod message is no sentence but what was expected (`a duration such as 10s`), and for
// unknown keys the known ones, parted by spaces; issues.ts makes problems of them.

/** What a text means, or what was expected instead, if more can be said than the form's own words. */
export type Reading<T> = { readonly value: T } | Refusal;

export interface Refusal {
  readonly expected?: string | undefined;
  readonly cure?: string | undefined;
}

/** Facts of the JSON Schema that editors complete from. */
export type JsonFacts = Readonly<Record<string, unknown>>;

const asText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : value;

/** A numeral of a variable or in quotes counts as the number. */
const asNumber = (value: unknown): unknown => {
  const isNumeral = typeof value === 'string' && /^\s*[+-]?\d{1,15}\s*$/.test(value);
  return isNumeral || typeof value === 'bigint' ? Number(value) : value;
};

const asFlag = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const word = value.trim().toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : value;
};

/** A text with a meaning of its own. */
export function reading<T>(expected: string, read: (text: string) => Reading<T>, facts: JsonFacts = {}) {
  return z
    .preprocess(asText, z.string({ error: expected }))
    .transform((text, context): T => {
      const result = read(text);
      if ('value' in result) return result.value;
      context.addIssue({ code: 'custom', message: result.expected ?? expected, params: { cure: result.cure } });
      return z.NEVER;
    })
    .meta({ ...facts });
}

/** A text that is not blank, as it is. */
export function text(expected = 'a text', facts: JsonFacts = {}) {
  return reading<string>(expected, (value): Reading<string> => (value.trim() === '' ? {} : { value }), { minLength: 1, ...facts });
}

/** Any text, the empty one too. */
export function anyText(expected = 'a text') {
  return reading<string>(expected, (value) => ({ value }), { type: ['string', 'number', 'boolean'] });
}

export function integer(least: number, most: number) {
  const error = `a whole number from ${least} to ${most}`;
  return z.preprocess(asNumber, z.int({ error }).min(least, { error }).max(most, { error }));
}

export function flag() {
  return z.preprocess(asFlag, z.boolean({ error: 'true or false' }));
}

export function choice<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: words.length === 1 ? words[0] : `one of ${words.join(', ')}` });
}

/** A text, or a list of at least one; always a list afterwards. */
export function oneOrMany(expected: string, item = text(expected)) {
  const error = `${expected}, or a list of such`;
  return z
    .union([item, z.array(item, { error }).min(1, { error: 'at least one element' })], { error })
    .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value));
}

/** Named texts, of any name. */
export function texts(expected: string) {
  return z.record(z.string(), anyText('a text'), { error: expected });
}

/** A mapping with these keys and no other. */
export function mapping<T extends z.core.$ZodLooseShape>(shape: T, expected: string) {
  const known = Object.keys(shape).join(' ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : expected) });
}

/** What is told of one key to people and editors. */
export interface About {
  readonly description: string;
  /** As it is when the key is not written; a text in angle brackets is no literal value. */
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** A key that may be left out. */
export function key<T extends z.ZodType>(schema: T, about: About) {
  return schema.optional().meta({ ...about });
}

/** A key that must be there. */
export function required<T extends z.ZodType>(schema: T, about: About): T {
  return schema.meta({ ...about });
}
