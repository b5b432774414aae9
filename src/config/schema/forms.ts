import type { z } from 'zod';
import * as core from 'zod/v4/core';

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

/** A schema that takes anything and gives `T`, or says what was expected. */
export type Form<T = unknown> = z.core.$ZodType<T>;

const words = (expected: string) => (): string => expected;

/** What a written value stands for comes first, then the schema's own look at it. */
function preprocess<T extends Form>(mean: (value: unknown) => unknown, out: T): Form<z.core.output<T>> {
  const before = new core.$ZodTransform({ type: 'transform', transform: mean });
  return new core.$ZodPipe({ type: 'pipe', in: before, out }) as Form<z.core.output<T>>;
}

/** What a sound value is turned into; `turn` adds issues where it turns out not to be sound. */
export function transformed<T extends Form, U>(schema: T, turn: (value: z.core.output<T>, issues: z.core.$ZodRawIssue[]) => U): Form<U> {
  const transform = (value: unknown, { issues }: z.core.ParsePayload): unknown => turn(value as z.core.output<T>, issues);
  return new core.$ZodPipe({ type: 'pipe', in: schema, out: new core.$ZodTransform({ type: 'transform', transform }) }) as Form<U>;
}

function about<T extends Form>(schema: T, facts: JsonFacts): T {
  core.globalRegistry.add(schema, facts);
  return schema;
}

/** A text with a meaning of its own. */
export function reading<T>(expected: string, read: (text: string) => Reading<T>, facts: JsonFacts = {}): Form<T> {
  const given = preprocess(asText, new core.$ZodString({ type: 'string', error: words(expected) }));
  const meant = transformed(given, (input, issues): T => {
    const result = read(input);
    if ('value' in result) return result.value;
    issues.push({ code: 'custom', input, message: result.expected ?? expected, params: { cure: result.cure } });
    return input as never;
  });
  return about(meant, { ...facts });
}

/** A text that is not blank, as it is. */
export function text(expected = 'a text', facts: JsonFacts = {}): Form<string> {
  return reading<string>(expected, (value): Reading<string> => (value.trim() === '' ? {} : { value }), { minLength: 1, ...facts });
}

/** Any text, the empty one too. */
export function anyText(expected = 'a text'): Form<string> {
  return reading<string>(expected, (value) => ({ value }), { type: ['string', 'number', 'boolean'] });
}

export function integer(least: number, most: number): Form<number> {
  const error = words(`a whole number from ${least} to ${most}`);
  const checks = [
    new core.$ZodCheckGreaterThan({ check: 'greater_than', value: least, inclusive: true, error }),
    new core.$ZodCheckLessThan({ check: 'less_than', value: most, inclusive: true, error }),
  ];
  return preprocess(
    asNumber,
    new core.$ZodNumberFormat({ type: 'number', check: 'number_format', format: 'safeint', abort: false, error, checks }),
  );
}

export function flag(): Form<boolean> {
  return preprocess(asFlag, new core.$ZodBoolean({ type: 'boolean', error: words('true or false') }));
}

export function choice<const T extends string>(given: readonly T[]): Form<T> {
  const entries = Object.fromEntries(given.map((word) => [word, word]));
  const expected = given.length === 1 ? `${given[0]}` : `one of ${given.join(', ')}`;
  return new core.$ZodEnum({ type: 'enum', entries, error: words(expected) }) as Form as Form<T>;
}

/** The first of the forms that fits. */
export function union<const T extends readonly Form[]>(options: T, expected: string): Form<z.core.output<T[number]>> {
  return new core.$ZodUnion({ type: 'union', options, error: words(expected) }) as Form<z.core.output<T[number]>>;
}

/** `empty`: what is expected where an empty list is none. */
export function list<T>(element: Form<T>, expected: string, empty?: string): Form<T[]> {
  const checks = empty === undefined ? [] : [new core.$ZodCheckMinLength({ check: 'min_length', minimum: 1, error: words(empty) })];
  return new core.$ZodArray({ type: 'array', element, error: words(expected), checks }) as Form<T[]>;
}

/** A text, or a list of at least one; always a list afterwards. */
export function oneOrMany(expected: string, item: Form<string> = text(expected)): Form<readonly string[]> {
  const error = `${expected}, or a list of such`;
  return transformed(union([item, list(item, error, 'at least one element')], error), (value): readonly string[] =>
    typeof value === 'string' ? [value] : value,
  );
}

/** Values of one form under any name. */
export function named<T>(valueType: Form<T>, expected: string, facts: JsonFacts = {}): Form<Record<string, T>> {
  const keyType = new core.$ZodString({ type: 'string' });
  return about(new core.$ZodRecord({ type: 'record', keyType, valueType, error: words(expected) }), { ...facts }) as Form<
    Record<string, T>
  >;
}

/** Named texts, of any name. */
export function texts(expected: string): Form<Record<string, string>> {
  return named(anyText('a text'), expected);
}

/** A mapping with these keys and no other. */
export function mapping<T extends z.core.$ZodLooseShape>(shape: T, expected: string): z.core.$ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape).join(' ');
  const catchall = new core.$ZodNever({ type: 'never' });
  return new core.$ZodObject({
    type: 'object',
    shape,
    catchall,
    error: ({ code }: { readonly code?: string }) => (code === 'unrecognized_keys' ? known : expected),
  }) as z.core.$ZodObject<T, z.core.$strict>;
}

/** A mapping with these keys, and `others` under names of a pattern. */
export function openMapping<T extends z.core.$ZodLooseShape, U>(
  shape: T,
  { others, pattern }: { readonly others: Form<U>; readonly pattern: string },
  expected: string,
): z.core.$ZodObject<T, z.core.$catchall<Form<U>>> {
  const own = Object.keys(shape);
  const unknown = new core.$ZodCheck({ check: 'custom' });
  unknown._zod.check = ({ value, issues }) => {
    const keys = Object.keys(value as object).filter((name) => !own.includes(name) && !new RegExp(pattern).test(name));
    if (keys.length > 0) issues.push({ code: 'unrecognized_keys', keys, input: value as never, message: own.join(' '), continue: true });
  };
  const schema = new core.$ZodObject({ type: 'object', shape, catchall: others, error: words(expected), checks: [unknown] });
  const facts = { additionalProperties: false, patternProperties: { [pattern]: { type: ['string', 'number', 'boolean'] } } };
  return about(schema as z.core.$ZodObject<T, z.core.$catchall<Form<U>>>, facts);
}

/** What is told of one key to people and editors. */
export interface About {
  readonly description: string;
  /** As it is when the key is not written; a text in angle brackets is no literal value. */
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** A key that may be left out. */
export function key<T extends Form>(schema: T, told: About): z.core.$ZodOptional<T> {
  return about(new core.$ZodOptional({ type: 'optional', innerType: schema }) as z.core.$ZodOptional<T>, { ...told });
}

/** A key that must be there. */
export function required<T extends Form>(schema: T, told: About): T {
  return about(core.clone(schema), { ...told });
}
