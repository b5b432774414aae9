import { randomUUID } from 'node:crypto';
import type { Compatibility } from '../../src/model/format.ts';
import type { SchemaDocument } from '../../src/model/schema-document.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import type { SchemaVersion } from '../../src/schema/compatibility/compatibility.ts';
import { fieldNumbers, numbered } from '../../src/schema/protobuf/field-numbers.ts';
import { documentOf } from '../../src/schema/stream-schema-of.ts';
import { compatibilities } from '../schema/changes.ts';
import { tell } from '../support/registry.ts';
import { configOf } from './fake.ts';

const never = new AbortController().signal;

export type Judged = 'avro' | 'json-schema' | 'protobuf';
export const judgedFormats: readonly Judged[] = ['avro', 'json-schema', 'protobuf'];
export const modes = compatibilities.filter((mode) => mode !== 'none');

/** What a registry says of a stream's next version, which has these behind it, oldest first, under each rule that a subject can have. */
export async function verdictsOf(
  url: string,
  format: Judged,
  history: readonly SchemaVersion[],
  is: SchemaVersion,
): Promise<Readonly<Record<Compatibility, boolean>>> {
  const registry = openRegistry(configOf(url, { deadline: 110_000 }));
  const topic = `verdict-${randomUUID()}`;
  const [now, ...before] = documentsOf(format, [...history, is])
    .map((document) => ({ topic, part: 'value' as const, document }))
    .reverse();
  if (now === undefined) throw new Error('no version');
  const hold = (mode: string): Promise<unknown> =>
    tell(url, 'PUT', `/config/${registry.subject(now)}`, { compatibility: mode.toUpperCase().replace('-', '_') });
  const said: Partial<Record<Compatibility, boolean>> = {};
  for (const [at, version] of before.reverse().entries()) {
    await registry.register(version, never);
    if (at === 0) await hold('none');
  }
  for (const mode of compatibilities) {
    await hold(mode);
    said[mode] = (await registry.check(now, never)).breaks.length === 0;
  }
  return said as Readonly<Record<Compatibility, boolean>>;
}

/** Each version as it is registered: of Protobuf, with the numbers that its fields have by the one before. */
function documentsOf(format: Judged, versions: readonly SchemaVersion[]): readonly SchemaDocument[] {
  let before: SchemaVersion['model'] | null = null;
  return versions.map(({ model }) => {
    const numbers: ReturnType<typeof fieldNumbers> = format === 'protobuf' && before !== null ? fieldNumbers(before, model) : null;
    before = numbered(model, numbers ?? undefined);
    return documentOf(format, before, 'Value') as SchemaDocument;
  });
}

/** So many at a time: a registry that is asked everything at once answers nothing in time. */
export async function fewAtOnce<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}
