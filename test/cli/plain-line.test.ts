import { array, assert, asyncProperty, constantFrom, oneof, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLine } from '../../src/cli/cli.ts';
import { commands, letterCommands, schemaCommands, stateCommands } from '../../src/cli/commands.ts';
import { plainLine } from '../../src/cli/plain-line.ts';

const all = [...commands, ...schemaCommands, ...letterCommands, ...stateCommands];

/** What a command would be told: yargs adds names of its own, and every option in both spellings. */
const told = (said: object): object =>
  Object.fromEntries(Object.entries(said).filter(([name, value]) => !/^[_$]|-/.test(name) && value !== undefined));

const words = [
  ...['run', 'backfill', 'validate', 'plan', 'preview', 'status', 'state', 'show', 'set', 'reset', 'export', 'import'],
  ...[
    'jobs.yaml',
    './a b.yaml',
    '/etc/x.yml',
    '7',
    '0x10',
    '-',
    '--',
    '-h',
    '-o',
    '',
    "'q'",
    '"q"',
    'a,b',
    'a',
    '1e3',
    'false',
    'true',
    '2026-01-01',
  ],
  ...all.flatMap(({ options }) => Object.keys(options).flatMap((name) => [`--${name}`, `--no-${name}`, `--${name}=`, `--${name}=a`])),
  ...[
    '--rows=3',
    '--rows',
    '03',
    '9',
    '--log-level=warn',
    'debug',
    'pretty',
    '--logLevel',
    '--onec',
    '--job=a, b',
    '--once=false',
    '--from="q"',
  ],
  ...['--__proto__', '--constructor', '--toString=a', '--help', '--version', '--no-', '--file=x', '--once.a'],
];

describe('a plain command line', () => {
  test('is read as yargs reads it', async () => {
    const rest = array(oneof({ weight: 9, arbitrary: constantFrom(...words) }, { weight: 1, arbitrary: string() }), { maxLength: 7 });
    let understood = 0;
    const same = asyncProperty(constantFrom(...all.map((command) => command.words)), rest, async (name, more) => {
      for (const args of [
        [...name.split(' '), ...more],
        [...name.split(' '), 'jobs.yaml', ...more],
      ]) {
        const plain = plainLine(args, all);
        if (plain === null) continue;
        understood += 1;
        const line = await readLine(args, '0.0.0');
        expect(line?.command.words).toBe(plain.command.words);
        expect(told(plain.said)).toEqual(told(line?.said ?? {}));
      }
    });
    await assert(same, { numRuns: 3000 });
    expect(understood).toBeGreaterThan(150);
  });

  test.each([
    ['run jobs.yaml', { file: 'jobs.yaml', once: false, wait: true, job: [], json: false, logLevel: 'info', logFormat: 'auto' }],
    ['run --once jobs.yaml', { once: true }],
    ['run jobs.yaml --once --job a,b --job c --no-wait', { once: true, wait: false, job: ['a', 'b', 'c'] }],
    ['run --log-level=debug --log-format json jobs.yaml', { logLevel: 'debug', logFormat: 'json' }],
    ['preview jobs.yaml --rows 3', { rows: 3 }],
    ['backfill jobs.yaml --job a --from 2026-01-01 --dry-run', { from: '2026-01-01', dryRun: true, job: ['a'] }],
    ['state show jobs.yaml --json', { json: true }],
  ])('%s', (line, said) => {
    expect(plainLine(line.split(' '), all)?.said).toMatchObject(said);
  });

  test.each([
    '',
    'run',
    'run --help',
    'run jobs.yaml more',
    'run jobs.yaml --onec',
    'state jobs.yaml',
    'runs jobs.yaml',
    'preview jobs.yaml --rows x',
    'backfill jobs.yaml',
    'run jobs.yaml --job ,',
    'run jobs.yaml --once=false',
    'run --once false',
    'run 7',
  ])('"%s" is none, and is left to yargs', (line) => {
    expect(plainLine(line === '' ? [] : line.split(' '), all)).toBeNull();
  });
});
