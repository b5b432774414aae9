import type { Case } from '../case.ts';
import { type Contender, inTurn } from '../contender.ts';
import { load } from '../databases/database.ts';
import { measureNode, type Usage } from '../measure.ts';
import type { Figures } from '../result.ts';
import { measureOnce, type Subject, writeJobs } from '../subject.ts';

const rounds = 15;
const tables = ['first', 'second', 'third'];

/** `run --once` of three jobs with nothing to do, beside Node itself. */
export const startUpCase: Case = {
  name: 'start-up',
  measure: async (bench) => {
    const database = await bench.place.database('sqlite');
    for (const table of tables) await load(database, table, 'standard', 100);
    const nothing = await bench.place.folder('node');
    const node = { name: 'node -e 0', round: async () => figures(await measureNode(['-e', '0'], { directory: nothing })) };
    const contender = async (subject: Subject): Promise<Contender> => {
      const directory = await bench.place.folder('liberate');
      const jobs = Object.fromEntries(tables.map((table) => [table, { table, cursor: 'updated_at' }]));
      await writeJobs(directory, { source: database.url, sink: 'ndjson:out', jobs });
      // The rows are published here, and there is nothing more to do.
      await measureOnce(subject, directory);
      return { name: subject.name, round: async () => figures(await measureOnce(subject, directory)) };
    };
    const contenders = [node, ...(await Promise.all(bench.subjects.map(contender)))];
    const measured = await inTurn(contenders, rounds, () => {});
    return { what: `${rounds} runs with nothing to do, three jobs, SQLite → NDJSON`, contenders: measured, skipped: null };
  },
};

function figures({ wallSeconds, cpuSeconds, peakMegabytes }: Usage): Figures {
  return { 'wall ms': wallSeconds * 1000, 'cpu ms': cpuSeconds * 1000, 'peak MB': peakMegabytes ?? 0 };
}
