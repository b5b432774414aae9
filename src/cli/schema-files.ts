import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LiberateError } from '../kit/errors.ts';
import { documentsOf } from '../schema/documents.ts';
import type { StreamSchema } from '../schema/stream-schema.ts';

/** A document that consumers read a part of the events by, as a file has it. */
export interface DocumentFile {
  readonly part: 'key' | 'value';
  readonly name: string;
  readonly text: string;
}

const endings = { AVRO: 'avsc', JSON: 'schema.json', PROTOBUF: 'proto' } as const;

export function documentFiles(stream: StreamSchema): readonly DocumentFile[] {
  const { key, value } = documentsOf(stream);
  return (
    [
      ['key', key],
      ['value', value],
    ] as const
  ).flatMap(([part, document]) => {
    if (document === null) return [];
    const text = document.type === 'PROTOBUF' ? document.text : `${JSON.stringify(JSON.parse(document.text), null, 2)}\n`;
    return [{ part, name: `${safeName(stream.model.name)}-${part}.${endings[document.type]}`, text }];
  });
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
