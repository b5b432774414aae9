import { previewJob } from '../../engine/preview.ts';
import { Disposables } from '../../kit/disposables.ts';
import { LiberateError } from '../../kit/errors.ts';
import { openStdout } from '../../sink/stdout/stdout.ts';
import { openSources } from '../compose.ts';
import { chooseJobs, load } from '../load.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface PreviewOptions extends CommonOptions {
  readonly job: readonly string[];
  readonly rows: number;
}

/** `liberate preview FILE`: the first events of each job on stdout, exactly as they would leave; nothing is sent. */
export async function preview(options: PreviewOptions, surroundings: Surroundings): Promise<number> {
  const { signal, stdout } = surroundings;
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const sources = await openSources(config, jobs, stack);
  const sink = stack.use(openStdout({ kind: 'stdout', name: 'preview' }, stdout));
  try {
    for (const job of jobs) {
      const use = sources.get(job.source);
      if (use === undefined) continue;
      for (const { plan, events } of await previewJob(job, use, options.rows, Date.now(), signal)) {
        await sink.send(plan.topic.name, events, signal);
      }
    }
  } catch (error) {
    if (!isReaderGone(error)) throw error;
  }
  return 0;
}

/** `liberate preview … | head`: whoever read has seen enough. */
function isReaderGone(error: unknown): boolean {
  const cause = error instanceof LiberateError ? error.cause : null;
  return cause instanceof Error && 'code' in cause && cause.code === 'EPIPE';
}
