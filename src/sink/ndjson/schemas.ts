import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfAborted } from '../../kit/abort.ts';
import { damagedHistory, inOrder, keptSchemaAt, refuseTaken } from '../read-kept.ts';
import type { KeptSchema, SchemaKeeper } from '../schema-keeper.ts';
import { writeError } from '../write-error.ts';
import { safeName } from './file-name.ts';
import { syncFolder } from './sync-folder.ts';

/** What the file says that it is. */
const magic = 'liberate schema history';

/**
 * `<topic>.schema.json` beside the stream: all versions, oldest first. It is written whole, aside, and takes the old one's place when it is
 * on the disk. `ready` makes the folder.
 */
export function ndjsonSchemas(directory: string, ready: () => Promise<void>): SchemaKeeper {
  const place = (topic: string): string => join(directory, `${safeName(topic)}.schema.json`);
  return {
    place,
    async history(topic, signal) {
      throwIfAborted(signal);
      return readHistory(place(topic), topic);
    },
    async keep(topic, schema, signal) {
      throwIfAborted(signal);
      await ready();
      const path = place(topic);
      const before = await readHistory(path, topic);
      refuseTaken(topic, schema, before.length, path);
      await replace(path, `${JSON.stringify({ magic, topic, versions: [...before, schema] }, null, 2)}\n`);
    },
  };
}

async function readHistory(path: string, topic: string): Promise<readonly KeptSchema[]> {
  const text = await readText(path);
  return text === null ? [] : parse(text, path, topic);
}

/** null: there is no such file. */
async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw writeError(`reading ${path}`, error);
  }
}

function parse(text: string, path: string, topic: string): readonly KeptSchema[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw damagedHistory(path, 'it is not JSON', error);
  }
  if (typeof file !== 'object' || file === null || !('magic' in file) || file.magic !== magic) {
    throw damagedHistory(path, `it does not say "${magic}"`);
  }
  if (!('topic' in file) || file.topic !== topic) throw damagedHistory(path, `it is not of topic "${topic}"`);
  if (!('versions' in file) || !Array.isArray(file.versions)) throw damagedHistory(path, 'it has no list of versions');
  const versions: readonly unknown[] = file.versions;
  return inOrder(
    versions.map((version) => keptSchemaAt(version, path)),
    path,
  );
}

async function replace(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  try {
    const handle = await open(aside, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw writeError(`writing ${path}`, error);
  }
}
