import { z } from 'zod';
import { jobsFileSchema } from '../../src/config/json-schema.ts';
import { fileSchema } from '../../src/config/schema/file-schema.ts';

type Json = { readonly [key: string]: unknown };

/** What a key takes, in a few words. */
export function form(schema: Json): string {
  if (Array.isArray(schema['anyOf'])) {
    const forms = (schema['anyOf'] as readonly Json[]).filter(({ pattern }) => pattern !== '\\$\\{').map(form);
    return [...new Set(forms)].join(', or ');
  }
  if (Array.isArray(schema['enum'])) return schema['enum'].map((word) => `\`${String(word)}\``).join(' ');
  switch (schema['type']) {
    case 'integer':
      return `${String(schema['minimum'])} to ${String(schema['maximum'])}`;
    case 'boolean':
      return '`true` `false`';
    case 'array':
      return 'list';
    case 'object':
      return 'mapping';
    default:
      return 'text';
  }
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The default as it is told: a text in angle brackets is a description. */
function fallback(told: unknown): string {
  if (told === undefined) return '**must be written**';
  if (typeof told === 'string' && told.startsWith('<')) return told.slice(1, -1);
  return `\`${shown(told)}\``;
}

interface Room {
  /** Heading of its table in docs/jobs.md. */
  readonly name: string;
  /** The way from the whole schema. */
  readonly path: readonly string[];
}

export const rooms: readonly Room[] = [
  { name: 'file', path: [] },
  { name: 'source', path: ['source'] },
  { name: 'state', path: ['state'] },
  { name: 'tls', path: ['source', 'tls'] },
  { name: 'kafka', path: ['sink'] },
  { name: 'sasl', path: ['sink', 'sasl'] },
  { name: 'topicDefaults', path: ['sink', 'topicDefaults'] },
  { name: 'registry', path: ['sink', 'registry'] },
  { name: 'job', path: ['jobs', '*'] },
  { name: 'columns', path: ['jobs', '*', 'columns'] },
  { name: 'mask', path: ['jobs', '*', 'mask', '*'] },
  { name: 'hash', path: ['jobs', '*', 'mask', '*', 'hash'] },
  { name: 'initial', path: ['jobs', '*', 'initial'] },
];

/** The mapping among the forms of a schema. */
function mappingOf(schema: Json): Json {
  const forms = (schema['anyOf'] ?? [schema]) as readonly Json[];
  const found = forms.find(({ type }) => type === 'object');
  if (found === undefined) throw new Error('no mapping here');
  return found;
}

function step(schema: Json, name: string): Json {
  const own = mappingOf(schema);
  return (name === '*' ? own['additionalProperties'] : (own['properties'] as Json)[name]) as Json;
}

/** The described default of each key, which the JSON Schema has only where it is a value. */
function toldDefaults(): ReadonlyMap<string, unknown> {
  const told = new Map<string, unknown>();
  z.toJSONSchema(fileSchema, {
    io: 'input',
    target: 'draft-07',
    override: ({ zodSchema }) => {
      const about = z.globalRegistry.get(zodSchema) as Json | undefined;
      if (about?.['default'] !== undefined) told.set(String(about['description']), about['default']);
    },
  });
  return told;
}

/** The table of a room's keys, as it must stand in docs/jobs.md. */
export function keyTable({ path }: Room): string {
  const told = toldDefaults();
  const schema = path.reduce<Json>(step, jobsFileSchema() as Json);
  const rows = Object.entries(mappingOf(schema)['properties'] as { readonly [name: string]: Json }).map(([name, key]) => {
    const description = String(key['description']);
    const example = `\`${shown((key['examples'] as readonly unknown[])[0])}\``;
    return `| \`${name}\` | ${[form(key), fallback(told.get(description)), description, example].map(cell).join(' | ')} |`;
  });
  return ['| key | form | default | meaning | example |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** A document with the tables between `<!-- keys NAME -->` and `<!-- /keys -->` made anew. */
export function withTables(document: string): string {
  return document.replace(/<!-- keys (\w+) -->\n[\s\S]*?<!-- \/keys -->/g, (whole, name: string) => {
    const room = rooms.find((one) => one.name === name);
    return room === undefined ? whole : `<!-- keys ${name} -->\n${keyTable(room)}\n<!-- /keys -->`;
  });
}
