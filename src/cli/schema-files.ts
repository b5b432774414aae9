import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LiberateError } from '../kit/errors.ts';
import type { KeyFormat } from '../model/format.ts';
import type { SchemaDocument } from '../model/schema-document.ts';
import { connectSchemaOf } from '../schema/connect/schema.ts';
import { documentsOf } from '../schema/documents.ts';
import type { EventModel } from '../schema/event-model.ts';
import type { StreamSchema } from '../schema/stream-schema.ts';

/** A document that consumers read a part of the events by, as a file has it. */
export interface DocumentFile {
  readonly part: 'key' | 'value';
  readonly name: string;
  readonly text: string;
}

const endings = { AVRO: 'avsc', JSON: 'schema.json', PROTOBUF: 'proto' } as const;
const pretty = (json: unknown): string => `${JSON.stringify(json, null, 2)}\n`;

/** Those of a stream, of its key and of its value; a bare key has none. */
export function documentFiles(stream: StreamSchema): readonly DocumentFile[] {
  const { model, format, keyFormat } = stream;
  const { key, value } = documentsOf(stream);
  return [...(model.key.length === 0 ? [] : filesOf('key', keyFormat, key, model)), ...filesOf('value', format, value, model)];
}

function filesOf(
  part: DocumentFile['part'],
  format: KeyFormat,
  document: SchemaDocument | null,
  model: EventModel,
): readonly DocumentFile[] {
  const name = `${safeName(model.name)}-${part}`;
  if (format === 'connect') {
    // Each event brings it along: of an envelope, that of the row.
    const schema = part === 'key' ? connectSchemaOf(model.name, 'Key', model.key) : connectSchemaOf(model.name, 'Value', model.fields);
    return [{ part, name: `${name}.connect.json`, text: pretty(schema) }];
  }
  if (document === null) return [];
  const text = document.type === 'PROTOBUF' ? document.text : pretty(JSON.parse(document.text));
  return [{ part, name: `${name}.${endings[document.type]}`, text }];
}

/** A topic may be called as no file may. */
const safeName = (topic: string): string => topic.replace(/[^\w.-]/g, '_');

/** Writes the documents of a stream into a folder, which is made, and gives their paths. LIB110 where it cannot. */
export async function writeDocuments(stream: StreamSchema, folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, text } of documentFiles(stream)) {
      const path = join(folder, name);
      await writeFile(path, text);
      paths.push(path);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LiberateError('LIB110', `the schemas cannot be written to ${folder}: ${reason}`, {
      cure: 'Give a folder that can be written.',
      cause,
    });
  }
  return paths;
}
