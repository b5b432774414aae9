import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SchemaDocument } from '../../src/model/schema-document.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { type Direction, type SchemaVersion, verdictOf } from '../../src/schema/compatibility/compatibility.ts';
import { fieldNumbers, numbered } from '../../src/schema/protobuf/field-numbers.ts';
import { documentOf } from '../../src/schema/stream-schema-of.ts';
import { changes, versionOf } from '../schema/changes.ts';
import { registryUrl, tell } from '../support/registry.ts';
import { configOf } from './fake.ts';

const never = new AbortController().signal;

let url: string;
beforeAll(async () => {
  url = await registryUrl();
}, 600_000);

type Format = 'avro' | 'json-schema' | 'protobuf';

/** What a registry says of it, under the rule of one direction. */
async function theirs(was: SchemaDocument, is: SchemaDocument, direction: Direction): Promise<boolean> {
  const registry = openRegistry(configOf(url, { deadline: 60_000 }));
  const subject = (document: SchemaDocument) => ({ topic: `verdict-${randomUUID()}`, part: 'value' as const, document });
  const first = subject(was);
  await registry.register(first, never);
  await tell(url, 'PUT', `/config/${registry.subject(first)}`, { compatibility: direction.toUpperCase() });
  return (await registry.check({ ...first, document: is }, never)).breaks.length === 0;
}

const documentsOf = (was: SchemaVersion, is: SchemaVersion, format: Format): readonly [SchemaDocument, SchemaDocument] => {
  const model = numbered(is.model, format === 'protobuf' ? (fieldNumbers(was.model, is.model) ?? undefined) : undefined);
  return [documentOf(format, was.model, 'Value') as SchemaDocument, documentOf(format, model, 'Value') as SchemaDocument];
};

/** Those of the table that are seen in the document of a value. */
const seen = changes.filter(({ of }) => !/key|envelope/.test(of));

describe("our verdict beside a real registry's", () => {
  it.each<Format>(['avro'])('on %s differs from it only where it is written down', async (format) => {
    const apart: string[] = [];
    for (const change of seen) {
      const [was, is] = [versionOf(change.was, format), versionOf(change.is, format)];
      for (const direction of ['backward', 'forward'] as const) {
        const ours = verdictOf([was], is, direction).ok;
        const [before, now] = documentsOf(was, is, format);
        if (ours === (await theirs(before, now, direction))) continue;
        apart.push(
          `${change.of} · ${direction}: ${ours ? 'we let it through, the registry refuses it' : 'we refuse it, the registry lets it through'}`,
        );
      }
    }
    await expect(`${apart.join('\n')}\n`).toMatchFileSnapshot(`golden/verdicts.${format}.txt`);
    expect(apart.length).toBeLessThan(seen.length);
  });
});
