import { LiberateError } from '../kit/errors.ts';
import type { Envelope, Format, KeyFormat } from '../model/format.ts';
import type { KeptSchema } from './schema-keeper.ts';

const formats: Readonly<Record<Format, true>> = { json: true, connect: true, 'json-schema': true, avro: true, protobuf: true };
const keyFormats: Readonly<Record<KeyFormat, true>> = { ...formats, string: true };
const envelopes: Readonly<Record<Envelope, true>> = { none: true, debezium: true, cloudevents: true, 'cloudevents-structured': true };

/** One version as it was read back. LIB707 naming the place and the first part that is not what it should be. */
export function keptSchemaAt(value: unknown, place: string): KeptSchema {
  const damaged = (part: string, wanted: string): LiberateError => damagedHistory(place, `its ${part} is not ${wanted}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged('version', 'an object');
  const shape = value as Readonly<Record<string, unknown>>;
  const text = (part: string): string => {
    const found = shape[part];
    if (typeof found !== 'string') throw damaged(part, 'a text');
    return found;
  };
  const oneOf = <T extends string>(part: string, choices: Readonly<Record<T, true>>): T => {
    const found = text(part);
    if (!Object.hasOwn(choices, found)) throw damaged(part, `one of ${Object.keys(choices).join(', ')}`);
    return found as T;
  };
  const { version, model, documents = null } = shape;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) throw damaged('version', 'a number from 1 on');
  if (typeof model !== 'object' || model === null) throw damaged('model', 'an object');
  return {
    version,
    fingerprint: text('fingerprint'),
    format: oneOf('format', formats),
    keyFormat: oneOf('keyFormat', keyFormats),
    envelope: oneOf('envelope', envelopes),
    model,
    documents,
    at: text('at'),
  };
}

/** Versions in order, each once. LIB707 where one is missing. */
export function inOrder(found: readonly KeptSchema[], place: string): readonly KeptSchema[] {
  const versions = [...found].sort((a, b) => a.version - b.version);
  const hole = versions.findIndex(({ version }, at) => version !== at + 1);
  if (hole >= 0) throw damagedHistory(place, `version ${hole + 1} is missing or there twice`);
  return versions;
}

/** LIB306 where a version is not the next: another runner has kept it first. */
export function refuseTaken(stream: string, { version }: KeptSchema, there: number, place: string): void {
  if (version === there + 1) return;
  throw new LiberateError('LIB306', `version ${version} of ${stream} cannot be kept in ${place}, which has ${there}`, {
    cure: 'Nothing: another runner has written it, and it is looked at again.',
  });
}

export const damagedHistory = (place: string, what: string, cause?: unknown): LiberateError =>
  new LiberateError('LIB707', `the history of schemas in ${place} cannot be read: ${what}`, cause === undefined ? {} : { cause });
