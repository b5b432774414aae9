import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { liberate } from '../support/liberate.ts';

const commands = [
  'run',
  'backfill',
  'validate',
  'plan',
  'preview',
  'status',
  'schema show',
  'schema diff',
  'schema check',
  'schema export',
  'deadletters list',
  'deadletters replay',
  'state show',
  'state set',
  'state reset',
  'state export',
  'state import',
];

describe('help', () => {
  test('names every command and every exit code', async () => {
    const { code, stdout, stderr } = await liberate(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const command of ['run', 'backfill', 'validate', 'plan', 'preview', 'status', 'schema', 'deadletters', 'state'])
      expect(stdout).toMatch(new RegExp(`^  liberate ${command}\\b`, 'm'));
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/0 done.*1 .*2 .*3 .*4 .*130 interrupted/);
  });

  test.each(commands)('of %s has an example that runs this command, and no line over 100 columns', async (command) => {
    const { code, stdout } = await liberate([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n  liberate ${command} jobs\\.yaml`));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('is English whatever the locale', async () => {
    const { stdout } = await liberate(['--help'], { env: { LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' } });
    expect(stdout).toMatch(/^Commands:$/m);
  });
});

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  expect(await liberate(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('a wrong command line: exit 2, nothing on stdout, and what there is', () => {
  test.each([
    ['no command', [], /LIB110: Name a command: run, backfill, verify, validate, plan, preview, status, schema, deadletters or state/],
    ['a command with a slip', ['rnu', 'jobs.yaml'], /LIB110: .*did you mean run\?/],
    ['a command that is none', ['frobnicate'], /LIB110: unexpected "frobnicate"; the commands are: run, backfill/],
    ['state without what to do', ['state'], /LIB110: Name what to do: show, set, reset, export or import/],
    ['schema without what to do', ['schema'], /LIB110: Name what to do: show, diff, check or export/],
    ['deadletters without what to do', ['deadletters'], /LIB110: Name what to do: list or replay/],
    ['state with a slip', ['state', 'shwo', 'jobs.yaml'], /LIB110: .*did you mean show\?/],
    ['no jobs file', ['run'], /LIB110: the path of the jobs file is missing/],
    ['a word too many', ['run', 'jobs.yaml', 'more'], /LIB110: unexpected "more"/],
    ['an option that is none', ['run', 'jobs.yaml', '--onec'], /LIB110: there is no option --onec/],
    ['an option without its value', ['preview', 'jobs.yaml', '--rows'], /LIB110: the option --rows has no value/],
    ['a number that is none', ['preview', 'jobs.yaml', '--rows', 'x'], /LIB110: --rows is no whole number above zero/],
    ['a number below one', ['preview', 'jobs.yaml', '--rows', '-1'], /LIB110: --rows is no whole number above zero/],
    [
      'a log level that is none',
      ['status', 'jobs.yaml', '--log-level', 'x'],
      /LIB110: a wrong value: --log-level is "x"; it can be "debug", "info"/,
    ],
    ['an empty --job', ['run', 'jobs.yaml', '--job', ''], /LIB110: --job names no job/],
    ['backfill without --job', ['backfill', 'jobs.yaml'], /LIB110: the option --job is missing/],
    ['state reset without --job', ['state', 'reset', 'jobs.yaml'], /LIB110: the option --job is missing/],
    ['state set without --from and --accept', ['state', 'set', 'jobs.yaml', '--job', 'a'], /LIB110: give either --from TEXT or --accept/],
    [
      'state set with both',
      ['state', 'set', 'jobs.yaml', '--job', 'a', '--from', '1', '--accept'],
      /LIB110: give either --from TEXT or --accept/,
    ],
  ])('%s', async (_what, args, message) => {
    const { code, stdout, stderr } = await liberate(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('as JSON under --json', async () => {
    const { code, stderr } = await liberate(['frobnicate', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'LIB110', message: expect.stringContaining('frobnicate'), cure: expect.any(String) },
    });
  });
});
