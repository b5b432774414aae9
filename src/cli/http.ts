import type { Config } from '../config/config.ts';
import type { Job } from '../model/job.ts';
import type { Web } from '../web/web.ts';

/** What `http:` asks for; null, and nothing of it loaded, without. Nothing listens yet. */
export async function openHttp({ http, secrets }: Config, jobs: readonly Job[]): Promise<Web | null> {
  if (http === null) return null;
  const { openWeb } = await import('../web/web.ts');
  return openWeb({ ...http, jobs, secrets, now: Date.now });
}
