import yargs, { type Argv } from 'yargs';
import { LiberateError } from '../kit/errors.ts';
import type { Command, Said } from './command.ts';
import { commands, letterCommands, schemaCommands, stateCommands } from './commands.ts';
import type { Understood } from './plain-line.ts';

/** Reads any command line. null: help or the version was asked for, and has been printed. LIB110 */
export async function readLine(args: readonly string[], version: string): Promise<Understood | null> {
  let understood: Understood | null = null;
  const add = (argv: Argv, all: readonly Command[]): Argv =>
    all.reduce((before, command) => withCommand(before, command, (said) => (understood = { command, said })), argv);
  const top = yargs([...args])
    .scriptName('liberate')
    .locale('en')
    .updateStrings(complaints('run, backfill, verify, validate, plan, preview, status, schema, deadletters, state'))
    .usage('$0 COMMAND FILE\n\nPublishes database tables as event streams that fold to exactly the table.');
  await add(top, commands)
    .command(
      'schema',
      'what consumers are told of the events, and whether a change breaks them',
      (argv) =>
        add(argv.updateStrings(complaints('show, diff, check, export')), schemaCommands).demandCommand(
          1,
          'Name what to do: show, diff, check or export',
        ),
      () => undefined,
    )
    .command(
      'deadletters',
      'the rows that could not be published',
      (argv) => add(argv.updateStrings(complaints('list, replay')), letterCommands).demandCommand(1, 'Name what to do: list or replay'),
      () => undefined,
    )
    .command(
      'state',
      'show or change the saved progress',
      (argv) =>
        add(argv.updateStrings(complaints('show, set, reset, export, import')), stateCommands).demandCommand(
          1,
          'Name what to do: show, set, reset, export or import',
        ),
      () => undefined,
    )
    .demandCommand(1, 'Name a command: run, backfill, verify, validate, plan, preview, status, schema, deadletters or state')
    .strict()
    .strictCommands()
    .recommendCommands()
    .epilogue(
      'Exit codes: 0 done, 1 a job failed, a stream differs or a schema breaks, 2 the configuration is wrong, 3 something needed cannot be reached, 4 another runner holds the job, 130 interrupted.',
    )
    .help()
    .alias('help', 'h')
    .version(version)
    .wrap(100)
    .exitProcess(false)
    .fail((message, error) => {
      // yargs calls this for its own complaints: as a message, or wrapped as its own kind of error.
      if (error !== undefined && error !== null && error.name !== 'YError') throw error;
      throw new LiberateError('LIB110', message.trim().replace(/\s+/g, ' '));
    })
    .parseAsync();
  return understood;
}

function withCommand(argv: Argv, { words, describe, options, examples }: Command, called: (said: Said) => void): Argv {
  return argv.command(
    `${words.split(' ').at(-1)} <file>`,
    describe,
    (own) =>
      examples.reduce(
        (before, [line, does]) => before.example(`$0 ${line}`, does),
        own
          .positional('file', { type: 'string', demandOption: true, describe: 'the jobs file (YAML)' })
          .options(options as Parameters<Argv['options']>[0]),
      ),
    (said) => called(said as unknown as Said),
  );
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
