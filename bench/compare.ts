import { join } from 'node:path';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { chosen, compareSettings } from './arguments.ts';
import { cases } from './cases.ts';
import { command } from './command.ts';
import { measureCases } from './report.ts';
import { buildCommit } from './worktree.ts';

const usage =
  'npm run bench:compare -- COMMIT COMMIT [--only CASE,CASE] [--rows N] [--rounds N] [--seconds N] [--full] [--out FILE] [--profile FOLDER]';

await command(usage, async (args) => {
  const settings = compareSettings(args);
  const [first, second] = settings.commits;
  const names = chosen(
    cases.map(({ name }) => name),
    settings.only,
  );
  await using directory = await temporaryDirectory('liberate-compare-');
  await using a = await buildCommit(first, join(directory.path, 'first'));
  await using b = await buildCommit(second, join(directory.path, 'second'));
  await measureCases(
    cases.filter(({ name }) => names.includes(name)),
    [
      { name: `A ${a.name}`, root: a.root },
      { name: `B ${b.name}`, root: b.root },
    ],
    settings,
  );
});
