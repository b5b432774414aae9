import yargs, { type Argv } from 'yargs';
import { LiberateError } from '../kit/errors.ts';
import { choice, flag, someJobs, text, whichJobs, wholeNumber } from './options.ts';
import type { CommonOptions, Surroundings } from './surroundings.ts';

/** Called with the exit code of the command that ran. */
type Done = (exit: number) => void;

type Common = CommonOptions & { readonly job: readonly string[] };

function common(argv: Argv, job: typeof someJobs | typeof whichJobs = someJobs): Argv<Common> {
  return argv
    .positional('file', { type: 'string', demandOption: true, describe: 'the jobs file (YAML)' })
    .option('job', job)
    .option('json', flag('machine-readable output'))
    .option('log-level', choice(['debug', 'info', 'warn', 'error'], 'info', 'least level of the log on stderr'))
    .option(
      'log-format',
      choice(['auto', 'pretty', 'json'], 'auto', 'auto: pretty on a terminal, JSON elsewhere'),
    ) as unknown as Argv<Common>;
}

/** Every command with its options and examples; each loads its own code when it is called. */
export function commandLine(args: readonly string[], surroundings: Surroundings, version: string, done: Done): Argv {
  return yargs([...args])
    .scriptName('liberate')
    .locale('en')
    .updateStrings(complaints('run, backfill, validate, preview, status, state'))
    .usage('$0 COMMAND FILE\n\nPublishes database tables as event streams that fold to exactly the table.')
    .command(
      'run <file>',
      'run the jobs: load once, then poll on schedule',
      (argv) =>
        common(argv)
          .option('once', flag('each job until it is caught up, then exit (cron, CI)'))
          .option('wait', flag('wait for a job that another runner holds; --no-wait exits with 4', true))
          .example('$0 run jobs.yaml', 'schedule every job until Ctrl-C')
          .example('$0 run jobs.yaml --once --job a,b', 'two jobs, once'),
      async (argv) => done(await (await import('./commands/run.ts')).run(argv, surroundings)),
    )
    .command(
      'backfill <file>',
      "publish what a job's table holds now, whole or a range; the live mark stays",
      (argv) =>
        common(argv, whichJobs)
          .option('from', text('cursor at or after this'))
          .option('to', text('cursor before this'))
          .option('dry-run', flag('only count'))
          .option('wait', flag('wait for a runner that holds the job; otherwise exit with 4'))
          .example('$0 backfill jobs.yaml --job orders', 'the whole table')
          .example('$0 backfill jobs.yaml --job orders --from 2026-01-01 --to 2026-02-01', 'one month'),
      async (argv) =>
        done(
          await (await import('./commands/backfill.ts')).backfill({ ...argv, from: argv.from ?? null, to: argv.to ?? null }, surroundings),
        ),
    )
    .command(
      'validate <file>',
      'check the file, then every job against its database and sink',
      (argv) => common(argv).option('offline', flag('only the file')).example('$0 validate jobs.yaml', 'all mistakes at once'),
      async (argv) => done(await (await import('./commands/validate.ts')).validate(argv, surroundings)),
    )
    .command(
      'preview <file>',
      'print the first events of each job; nothing is sent',
      (argv) =>
        common(argv)
          .option('rows', wholeNumber('rows', 5, 'events a job'))
          .example('$0 preview jobs.yaml --job orders --rows 3', 'three events as they would leave'),
      async (argv) => done(await (await import('./commands/preview.ts')).preview(argv, surroundings)),
    )
    .command(
      'status <file>',
      'a line a job: last ok, mark, lag, rows, runner; exit 1 when one is failing',
      (argv) => common(argv).example('$0 status jobs.yaml --json', 'for a monitor'),
      async (argv) => done(await (await import('./commands/status.ts')).status(argv, surroundings)),
    )
    .command(
      'state',
      'show or change the saved progress',
      (argv) => stateCommands(argv, surroundings, done),
      () => undefined,
    )
    .demandCommand(1, 'Name a command: run, backfill, validate, preview, status or state')
    .strict()
    .strictCommands()
    .recommendCommands()
    .epilogue(
      'Exit codes: 0 done, 1 a job failed, 2 the configuration is wrong, 3 something needed cannot be reached, 4 another runner holds the job, 130 interrupted.',
    )
    .help()
    .alias('help', 'h')
    .version(version)
    .wrap(100)
    .exitProcess(false)
    .fail((message, error) => {
      // yargs calls this for what a command threw, and for its own complaints: as a message, or wrapped as its own kind of error.
      if (error !== undefined && error !== null && error.name !== 'YError') throw error;
      throw new LiberateError('LIB110', message.trim().replace(/\s+/g, ' '));
    });
}

function stateCommands(argv: Argv, surroundings: Surroundings, done: Done): Argv {
  return argv
    .updateStrings(complaints('show, set, reset, export, import'))
    .command(
      'show <file>',
      'the saved progress of each job',
      (own) => common(own).example('$0 state show jobs.yaml --job orders', 'mark, look-back and gaps'),
      async (own) => done(await (await import('./commands/state.ts')).stateShow(own, surroundings)),
    )
    .command(
      'set <file>',
      'move the mark of a job, or keep it under a changed definition',
      (own) =>
        common(own, whichJobs)
          .option('from', text('read rows whose cursor is at or after this next'))
          .option('accept', flag("keep the mark although the job's definition changed"))
          .example('$0 state set jobs.yaml --job orders --from 2026-01-01', 'read again since New Year'),
      async (own) => done(await (await import('./commands/state.ts')).stateSet({ ...own, from: own.from ?? null }, surroundings)),
    )
    .command(
      'reset <file>',
      'forget the progress of a job: it loads afresh',
      (own) => common(own, whichJobs).example('$0 state reset jobs.yaml --job orders', 'the next cycle loads everything'),
      async (own) => done(await (await import('./commands/state.ts')).stateReset(own, surroundings)),
    )
    .command(
      'export <file>',
      'the saved progress as JSON',
      (own) =>
        common(own)
          .option('to', text('write to this file instead of stdout'))
          .example('$0 state export jobs.yaml --to progress.json', 'before moving to another state store'),
      async (own) => done(await (await import('./commands/state.ts')).stateExport({ ...own, to: own.to ?? null }, surroundings)),
    )
    .command(
      'import <file>',
      'write an export over the saved progress',
      (own) =>
        common(own)
          .option('input', { ...text('a file that `state export` wrote'), demandOption: true })
          .example('$0 state import jobs.yaml --input progress.json', 'after moving'),
      async (own) => done(await (await import('./commands/state.ts')).stateImport(own, surroundings)),
    )
    .demandCommand(1, 'Name what to do: show, set, reset, export or import');
}

/** yargs's own complaints in the words of the error table: what was found, and what there is. */
function complaints(commands: string): Record<string, string> {
  const plural = (text: string): string => ({ one: text, other: text }) as unknown as string;
  return {
    'Unknown command: %s': plural(`unexpected "%s"; the commands are: ${commands}`),
    'Did you mean %s?': 'there is no such command; did you mean %s?',
    'Not enough non-option arguments: got %s, need at least %s': plural('the path of the jobs file is missing: %s of %s given'),
    'Not enough arguments following: %s': 'the option --%s has no value',
    'Unknown argument: %s': plural('there is no option --%s'),
    'Invalid values:': 'a wrong value:',
    'Argument: %s, Given: %s, Choices: %s': '--%s is %s; it can be %s',
    'Missing required argument: %s': plural('the option --%s is missing'),
  };
}
