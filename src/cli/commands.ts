import { type Command, forSomeJobs, forWhichJobs } from './command.ts';
import { flag, number, text, wholeNumber } from './options.ts';

/** Every command; each loads its own code when it is called. */
export const commands: readonly Command[] = [
  forSomeJobs({
    words: 'run',
    describe: 'run the jobs: load once, then poll on schedule',
    options: {
      once: flag('each job until it is caught up, then exit (cron, CI)'),
      wait: flag('wait for a job that another runner holds; --no-wait exits with 4', true),
    },
    examples: [
      ['run jobs.yaml', 'schedule every job until Ctrl-C'],
      ['run jobs.yaml --once --job a,b', 'two jobs, once'],
    ],
    run: async (said, surroundings) => (await import('./commands/run.ts')).run(said, surroundings),
  }),
  forWhichJobs({
    words: 'backfill',
    describe: "publish what a job's table holds now, whole or a range; the live mark stays",
    options: {
      from: text('cursor at or after this'),
      to: text('cursor before this'),
      window: text('chunks of so much time of the cursor, 1d or 6h, instead of so many rows'),
      parallel: wholeNumber('parallel', 1, "chunks at a time, fewer than the source's pool"),
      resume: flag('go on with an unfinished backfill, or begin where there is none'),
      restart: flag('give an unfinished backfill up and begin anew'),
      'dry-run': flag('only tell the chunks and their rows'),
      wait: flag('wait for a holder of the job that does not do it itself, as a runner does; otherwise exit with 4'),
    },
    examples: [
      ['backfill jobs.yaml --job orders', 'the whole table'],
      ['backfill jobs.yaml --job orders --from 2026-01-01 --to 2026-02-01', 'one month'],
      ['backfill jobs.yaml --job orders --parallel 3 --resume', 'three at a time, on from where it stopped'],
    ],
    run: async (said, surroundings) => {
      const { from = null, to = null, window = null } = said;
      return (await import('./commands/backfill.ts')).backfill({ ...said, from, to, window }, surroundings);
    },
  }),
  forWhichJobs({
    words: 'verify',
    describe: "fold a job's stream by key and compare it with its table; exit 1 when they differ",
    options: {
      repair: flag('publish again what is missing or stale'),
      tombstones: flag('with --repair: a tombstone for each key that the table no longer has'),
      samples: wholeNumber('samples', 5, 'keys of each kind that are named'),
      wait: flag('with --repair: wait for a runner that holds the job; otherwise exit with 4'),
    },
    examples: [
      ['verify jobs.yaml --job orders', 'is the stream the table?'],
      ['verify jobs.yaml --job orders --repair', 'and publish what is not'],
    ],
    run: async (said, surroundings) => (await import('./commands/verify.ts')).verify(said, surroundings),
  }),
  forSomeJobs({
    words: 'validate',
    describe: 'check the file, then every job against its database and sink',
    options: { offline: flag('only the file') },
    examples: [['validate jobs.yaml', 'all mistakes at once']],
    run: async (said, surroundings) => (await import('./commands/validate.ts')).validate(said, surroundings),
  }),
  forSomeJobs({
    words: 'plan',
    describe: 'what each job would do: SQL, EXPLAIN, index, schema, topic, guarantee; nothing is done',
    options: {},
    examples: [
      ['plan jobs.yaml --job orders', 'SQL, EXPLAIN and what the job promises'],
      ['plan jobs.yaml --json', 'the same for a program'],
    ],
    run: async (said, surroundings) => (await import('./commands/plan.ts')).plan(said, surroundings),
  }),
  forSomeJobs({
    words: 'preview',
    describe: 'print the first events of each job; nothing is sent',
    options: { rows: wholeNumber('rows', 5, 'events a job') },
    examples: [['preview jobs.yaml --job orders --rows 3', 'three events as they would leave']],
    run: async (said, surroundings) => (await import('./commands/preview.ts')).preview(said, surroundings),
  }),
  forSomeJobs({
    words: 'status',
    describe: 'a screen a job: last ok, mark and its age, lag, lease, guarantee, failures; exit 1 when one fails',
    options: {},
    examples: [
      ['status jobs.yaml', 'how is every job?'],
      ['status jobs.yaml --job orders --json', 'for a monitor'],
    ],
    run: async (said, surroundings) => (await import('./commands/status.ts')).status(said, surroundings),
  }),
];

/** The commands of `liberate deadletters`. */
export const letterCommands: readonly Command[] = [
  forSomeJobs({
    words: 'deadletters list',
    describe: 'the rows that could not be published, and why; exit 1 when there are any',
    options: { limit: wholeNumber('limit', 100, 'letters that are shown') },
    examples: [
      ['deadletters list jobs.yaml --job orders', 'key, reason and time of each'],
      ['deadletters list jobs.yaml --json', 'with the rows, one JSON object a line'],
    ],
    run: async (said, surroundings) => (await import('./commands/deadletters.ts')).deadlettersList(said, surroundings),
  }),
  forWhichJobs({
    words: 'deadletters replay',
    describe: 'publish these rows as they are now; exit 1 when some are refused again',
    options: {
      key: text('only the letter with this key, or this id, as `deadletters list` prints it'),
      wait: flag('wait for a runner that holds the job; otherwise exit with 4'),
    },
    examples: [
      ['deadletters replay jobs.yaml --job orders', 'after mending what was wrong'],
      [`deadletters replay jobs.yaml --job orders --key '{"id":7}'`, 'one row'],
    ],
    run: async (said, surroundings) =>
      (await import('./commands/deadletters.ts')).deadlettersReplay({ ...said, key: said.key ?? null }, surroundings),
  }),
];

/** The commands of `liberate schema`. */
export const schemaCommands: readonly Command[] = [
  forSomeJobs({
    words: 'schema show',
    describe: "each stream's schema as it is now, and where consumers find it",
    options: {},
    examples: [['schema show jobs.yaml --job orders', 'fields, versions and the document in its format']],
    run: async (said, surroundings) => (await import('./commands/schema.ts')).schemaShow(said, surroundings),
  }),
  forSomeJobs({
    words: 'schema diff',
    describe: 'what has changed since a version that consumers were told, and whom it breaks',
    options: { against: number('against', 'compare with this version; otherwise with the newest') },
    examples: [
      ['schema diff jobs.yaml --job orders', 'since the newest version'],
      ['schema diff jobs.yaml --job orders --against 1', 'since the first'],
    ],
    run: async (said, surroundings) =>
      (await import('./commands/schema.ts')).schemaDiff({ ...said, against: said.against ?? null }, surroundings),
  }),
  forSomeJobs({
    words: 'schema check',
    describe: 'may each schema leave, by its history and the registry? Nothing is changed; exit 1 when not',
    options: {},
    examples: [['schema check jobs.yaml', 'in CI, with the source a migrated scratch database']],
    run: async (said, surroundings) => (await import('./commands/schema.ts')).schemaCheck(said, surroundings),
  }),
  forSomeJobs({
    words: 'schema export',
    describe: 'the schemas as files: .avsc, .schema.json or .proto',
    options: { to: { ...text('the folder that they are written to'), demandOption: true } },
    examples: [['schema export jobs.yaml --to schemas', 'a file each for keys and values']],
    run: async (said, surroundings) => (await import('./commands/schema.ts')).schemaExport(said, surroundings),
  }),
];

/** The commands of `liberate state`. */
export const stateCommands: readonly Command[] = [
  forSomeJobs({
    words: 'state show',
    describe: 'the saved progress of each job',
    options: {},
    examples: [['state show jobs.yaml --job orders', 'mark, look-back and gaps']],
    run: async (said, surroundings) => (await import('./commands/state.ts')).stateShow(said, surroundings),
  }),
  forWhichJobs({
    words: 'state set',
    describe: 'move the mark of a job, or keep it under a changed definition',
    options: {
      from: text('read rows whose cursor is at or after this next'),
      accept: flag("keep the mark although the job's definition changed"),
    },
    examples: [['state set jobs.yaml --job orders --from 2026-01-01', 'read again since New Year']],
    run: async (said, surroundings) => (await import('./commands/state.ts')).stateSet({ ...said, from: said.from ?? null }, surroundings),
  }),
  forWhichJobs({
    words: 'state reset',
    describe: 'forget the progress of a job: it loads afresh',
    options: {},
    examples: [['state reset jobs.yaml --job orders', 'the next cycle loads everything']],
    run: async (said, surroundings) => (await import('./commands/state.ts')).stateReset(said, surroundings),
  }),
  forSomeJobs({
    words: 'state export',
    describe: 'the saved progress as JSON',
    options: { to: text('write to this file instead of stdout') },
    examples: [['state export jobs.yaml --to progress.json', 'before moving to another state store']],
    run: async (said, surroundings) => (await import('./commands/state.ts')).stateExport({ ...said, to: said.to ?? null }, surroundings),
  }),
  forSomeJobs({
    words: 'state import',
    describe: 'write an export over the saved progress',
    options: { input: { ...text('a file that `state export` wrote'), demandOption: true } },
    examples: [['state import jobs.yaml --input progress.json', 'after moving']],
    run: async (said, surroundings) => (await import('./commands/state.ts')).stateImport(said, surroundings),
  }),
];
