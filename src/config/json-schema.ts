import { z } from 'zod';
import { fileSchema } from './schema/file-schema.ts';

type Json = Record<string, unknown>;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Text in angle brackets describes a default that is no value of its own. */
const isLiteral = (value: unknown): boolean => value !== undefined && !(typeof value === 'string' && value.startsWith('<'));

/** What zod leaves out of a schema that transforms its input: default, examples, and which keys must be there. */
function complete(schema: z.core.$ZodType, json: Json): void {
  const about = z.globalRegistry.get(schema) as Json | undefined;
  if (about !== undefined && isLiteral(about['default'])) json['default'] = about['default'];
  else delete json['default'];
  if (about?.['examples'] !== undefined) json['examples'] = about['examples'];
  const { def } = schema._zod as { def: z.core.$ZodTypeDef & { shape?: Readonly<Record<string, z.core.$ZodType>> } };
  if (def.type !== 'object' || def.shape === undefined) return;
  const needed = Object.entries(def.shape).filter(([, inner]) => inner._zod.def.type !== 'optional');
  if (needed.length > 0) json['required'] = needed.map(([name]) => name);
}

const variable = '\\$\\{';

/** Any scalar may be a variable, whatever its type. */
function allowVariables(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(allowVariables);
  if (!isJson(json)) return json;
  const { type, pattern, enum: words, const: word, default: fallback, description, examples, title, ...rest } = json;
  const about = { title, description, default: fallback, examples };
  const texts = Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
  if (typeof pattern === 'string') return { ...texts, type, pattern: `${pattern}|${variable}`, ...rest };
  const isClosed = type === 'integer' || type === 'boolean' || words !== undefined || word !== undefined;
  if (isClosed) {
    const form = { type, ...(words === undefined ? {} : { enum: words }), ...(word === undefined ? {} : { const: word }), ...rest };
    return { ...texts, anyOf: [form, { type: 'string', pattern: variable }] };
  }
  const inner = Object.entries(rest).map(([key, value]) => {
    if (key === 'propertyNames') return [key, value];
    if (!isJson(value) || (key !== 'properties' && key !== 'patternProperties')) return [key, allowVariables(value)];
    return [key, Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, allowVariables(schema)]))];
  });
  return { ...texts, ...(type === undefined ? {} : { type }), ...Object.fromEntries(inner) };
}

/** The JSON Schema (draft-07) of a jobs file, for editors; made from the schema that checks it. */
export function jobsFileSchema(): object {
  const json = z.toJSONSchema(fileSchema, {
    io: 'input',
    target: 'draft-07',
    override: ({ zodSchema, jsonSchema }) => complete(zodSchema, jsonSchema as Json),
  });
  const { $schema, ...schema } = json as Json;
  return { $schema, title: 'Jobs file of liberate', ...(allowVariables(schema) as Json) };
}
