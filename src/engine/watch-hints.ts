import { formatError } from '../kit/errors.ts';
import type { Job } from '../model/job.ts';
import type { Alarm } from './alarm.ts';
import type { Engine, SourceUse } from './engine.ts';

/** Rings the alarm at each hint of a commit; null: the job does not wake. `name`: the job's own, of one of its tables. */
export function watchHints(name: string, { wake }: Job, { source }: SourceUse, { observer }: Engine, alarm: Alarm): AsyncDisposable | null {
  if (wake === null || source.hints === null) return null;
  return source.hints.watch(wake, {
    hint: () => alarm.ring(),
    trouble: (error) => {
      if (error === null) observer({ type: 'job.notice', job: name, message: 'hints of commits come again', cure: null });
      else {
        const message = `no hints of commits come, and jobs with \`wake\` wait for their \`every\`: ${formatError(error)}`;
        observer({ type: 'job.warning', job: name, message, cure: null });
      }
    },
  });
}
