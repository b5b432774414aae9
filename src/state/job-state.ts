import type { FieldNumbers, SchemaIds } from '../model/format.ts';
import type { Guarantee } from '../model/guarantee.ts';
import type { Mode } from '../model/job.ts';
import type { CycleReport, Held } from '../model/report.ts';
import type { Definition, JobState } from '../model/state.ts';
import type { Gap, Watermark } from '../model/watermark.ts';

/** What is wrong with a stored or imported value: the path of the first wrong part and what it should be. */
export class ShapeError extends Error {
  constructor(path: string, wanted: string) {
    super(`${path} is not ${wanted}`);
    this.name = 'ShapeError';
  }
}

type Shape = Readonly<Record<string, unknown>>;

const modes: Readonly<Record<Mode, true>> = {
  bulk: true,
  timestamp: true,
  incrementing: true,
  'timestamp+incrementing': true,
  transaction: true,
};
const outcomes: Readonly<Record<CycleReport['outcome'], true>> = { ok: true, failed: true, stopped: true, skipped: true };

export function shapeAt(value: unknown, path: string): Shape {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(path, 'an object');
  return value as Shape;
}

export function textAt(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new ShapeError(path, 'a text');
  return value;
}

export function listAt(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ShapeError(path, 'a list');
  return value;
}

function textsAt(value: unknown, path: string): readonly string[] {
  return listAt(value, path).map((entry, at) => textAt(entry, `${path}[${at}]`));
}

export function numberAt(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ShapeError(path, 'a number');
  return value;
}

function wholeTextAt(value: unknown, path: string): string {
  const text = textAt(value, path);
  if (!/^-?\d+$/.test(text)) throw new ShapeError(path, 'a whole number as text');
  return text;
}

export function flagAt(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false');
  return value;
}

export function orNull<T>(value: unknown, path: string, read: (value: unknown, path: string) => T): T | null {
  return value === null ? null : read(value, path);
}

function oneOf<T extends string>(value: unknown, path: string, choices: Readonly<Record<T, true>>): T {
  if (typeof value === 'string' && Object.hasOwn(choices, value)) return value as T;
  throw new ShapeError(path, `one of ${Object.keys(choices).join(', ')}`);
}

export function definitionAt(value: unknown, path: string): Definition {
  const shape = shapeAt(value, path);
  return {
    mode: oneOf(shape['mode'], `${path}.mode`, modes),
    cursor: textsAt(shape['cursor'], `${path}.cursor`),
    key: textsAt(shape['key'], `${path}.key`),
    relation: textAt(shape['relation'], `${path}.relation`),
  };
}

export function markAt(value: unknown, path: string): Watermark {
  return textsAt(value, path);
}

function gapAt(value: unknown, path: string): Gap {
  const shape = shapeAt(value, path);
  return {
    from: orNull(shape['from'], `${path}.from`, textAt),
    to: textAt(shape['to'], `${path}.to`),
    seen: shape['seen'] === null ? null : wholeTextAt(shape['seen'], `${path}.seen`),
  };
}

/** Checked in place, not copied: it may hold a hundred thousand entries, and a copy would lose a key named `__proto__`. */
function sentAt(value: unknown, path: string): Readonly<Record<string, string>> {
  const shape = shapeAt(value, path);
  for (const key of Object.keys(shape)) textAt(shape[key], `${path}[${JSON.stringify(key)}]`);
  return shape as Readonly<Record<string, string>>;
}

function schemaIdsAt(value: unknown, path: string): SchemaIds {
  const { key = null, value: ofValue = null, fields } = shapeAt(value, path);
  const numbers = fields === undefined ? {} : { fields: fieldNumbersAt(fields, `${path}.fields`) };
  return { key: orNull(key, `${path}.key`, numberAt), value: orNull(ofValue, `${path}.value`, numberAt), ...numbers };
}

function fieldNumbersAt(value: unknown, path: string): FieldNumbers {
  const shape = shapeAt(value, path);
  const of = Object.entries(shapeAt(shape['of'], `${path}.of`)).map(([name, number]) => [name, numberAt(number, `${path}.of.${name}`)]);
  const retired = listAt(shape['retired'], `${path}.retired`).map((number, at) => numberAt(number, `${path}.retired[${at}]`));
  return { of: Object.fromEntries(of), retired };
}

/** A parsed JSON value as a JobState. Keys that this version does not know are left out: a newer shape is told by the schema's version alone. */
export function jobStateAt(value: unknown, path: string): JobState {
  const shape = shapeAt(value, path);
  return {
    definition: definitionAt(shape['definition'], `${path}.definition`),
    mark: orNull(shape['mark'], `${path}.mark`, markAt),
    since: orNull(shape['since'], `${path}.since`, wholeTextAt),
    sent: sentAt(shape['sent'], `${path}.sent`),
    tied: flagAt(shape['tied'], `${path}.tied`),
    gaps: listAt(shape['gaps'], `${path}.gaps`).map((gap, at) => gapAt(gap, `${path}.gaps[${at}]`)),
    ...(shape['settled'] === true ? { settled: true as const } : {}),
    loaded: flagAt(shape['loaded'], `${path}.loaded`),
    schema: textAt(shape['schema'], `${path}.schema`),
    ...(shape['schemaIds'] === undefined ? {} : { schemaIds: schemaIdsAt(shape['schemaIds'], `${path}.schemaIds`) }),
    ...(shape['topicVersion'] === undefined ? {} : { topicVersion: numberAt(shape['topicVersion'], `${path}.topicVersion`) }),
    ...(shape['deadLetters'] === undefined ? {} : { deadLetters: numberAt(shape['deadLetters'], `${path}.deadLetters`) }),
  };
}

function heldAt(value: unknown, path: string): Held {
  const shape = shapeAt(value, path);
  return {
    by: textAt(shape['by'], `${path}.by`),
    user: orNull(shape['user'], `${path}.user`, textAt),
    openMs: numberAt(shape['openMs'], `${path}.openMs`),
  };
}

function guaranteeAt(value: unknown, path: string): Guarantee {
  const shape = shapeAt(value, path);
  const text = (key: string): string => textAt(shape[key], `${path}.${key}`);
  return {
    guarantee: text('guarantee'),
    method: text('method'),
    privilege: orNull(shape['privilege'], `${path}.privilege`, (inner, at) => {
      const own = shapeAt(inner, at);
      return { needed: textAt(own['needed'], `${at}.needed`), missing: flagAt(own['missing'], `${at}.missing`) };
    }),
    lookback: orNull(shape['lookback'], `${path}.lookback`, (inner, at) => {
      const own = shapeAt(inner, at);
      return { ms: numberAt(own['ms'], `${at}.ms`), by: textAt(own['by'], `${at}.by`) };
    }),
    cost: text('cost'),
    raise: orNull(shape['raise'], `${path}.raise`, textAt),
    blind: textsAt(shape['blind'], `${path}.blind`),
  };
}

export function cycleReportAt(value: unknown, path: string): CycleReport {
  const shape = shapeAt(value, path);
  const number = (key: string): number => numberAt(shape[key], `${path}.${key}`);
  return {
    job: textAt(shape['job'], `${path}.job`),
    startedAt: number('startedAt'),
    endedAt: number('endedAt'),
    outcome: oneOf(shape['outcome'], `${path}.outcome`, outcomes),
    reason: orNull(shape['reason'], `${path}.reason`, textAt),
    code: orNull(shape['code'], `${path}.code`, textAt),
    published: number('published'),
    repeated: number('repeated'),
    nulls: number('nulls'),
    // Reports of before there were any.
    deadLetters: shape['deadLetters'] === undefined ? 0 : number('deadLetters'),
    bytes: number('bytes'),
    mark: orNull(shape['mark'], `${path}.mark`, textAt),
    lagMs: orNull(shape['lagMs'], `${path}.lagMs`, numberAt),
    ...(shape['markAt'] === undefined ? {} : { markAt: orNull(shape['markAt'], `${path}.markAt`, numberAt) }),
    ...(shape['guarantee'] === undefined ? {} : { guarantee: orNull(shape['guarantee'], `${path}.guarantee`, guaranteeAt) }),
    ...(shape['held'] === undefined ? {} : { held: heldAt(shape['held'], `${path}.held`) }),
  };
}
