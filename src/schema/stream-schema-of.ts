import type { Job } from '../model/job.ts';
import type { EventModel } from './event-model.ts';
import type { StreamSchema } from './stream-schema.ts';

/** What consumers are told of a job's events. */
export function streamSchemaOf(
  model: EventModel,
  { format, keyFormat, envelope }: Pick<Job, 'format' | 'keyFormat' | 'envelope'>,
): StreamSchema {
  return { model, format, keyFormat, envelope, key: null, value: null };
}
