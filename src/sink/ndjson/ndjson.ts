import { constants, existsSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfAborted } from '../../kit/abort.ts';
import type { Finding } from '../../model/report.ts';
import type { Sink } from '../sink.ts';
import type { NdjsonSinkConfig } from '../sink-config.ts';
import { writeError } from '../write-error.ts';
import { fileName } from './file-name.ts';
import { ndjsonSchemas } from './schemas.ts';
import { syncFolder } from './sync-folder.ts';
import { openTopicFile, type TopicFile } from './topic-file.ts';

/**
 * A folder with one file per topic, `<topic>.ndjson`, one line per event, appended only, and its schemas beside it. A batch is
 * acknowledged when it is on the disk (fdatasync). One process writes to a file at a time: the
 * jobs' leases see to that, not this sink.
 */
export function openNdjson(config: NdjsonSinkConfig): Sink {
  const { name, directory } = config;
  const files = new Map<string, Promise<TopicFile>>();

  const file = (topic: string): Promise<TopicFile> => {
    const known = files.get(topic);
    if (known !== undefined) return known;
    const opening = openFolder(directory).then(() => openTopicFile(topic, join(directory, fileName(topic))));
    files.set(topic, opening);
    // A failure is not remembered: the next try may find the permission mended.
    opening.catch(() => files.delete(topic));
    return opening;
  };

  return {
    name,
    kind: 'ndjson',
    schemas: ndjsonSchemas(directory, () => openFolder(directory)),
    async check(signal): Promise<readonly Finding[]> {
      throwIfAborted(signal);
      await openFolder(directory);
      return [];
    },
    async prepare(topic, signal): Promise<readonly Finding[]> {
      throwIfAborted(signal);
      return (await file(topic.name)).findings;
    },
    async look(topic, signal) {
      throwIfAborted(signal);
      return { exists: existsSync(join(directory, fileName(topic.name))), partitions: null, policy: null, findings: [] };
    },
    limits: () => ({ records: 5000, bytes: 1_000_000, inFlight: 1 }),
    async send(topic, batch, signal): Promise<void> {
      throwIfAborted(signal);
      await (await file(topic)).append(batch, signal);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      const open = [...files.values()];
      files.clear();
      for (const one of await Promise.allSettled(open)) {
        if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
      }
    },
  };
}

async function openFolder(directory: string): Promise<void> {
  try {
    const made = await mkdir(directory, { recursive: true });
    if (made !== undefined) await syncFolder(dirname(made));
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw writeError(`opening the folder ${directory}`, error);
  }
}
