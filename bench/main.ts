import { benchSettings, chosen } from './arguments.ts';
import { cases } from './cases.ts';
import { command } from './command.ts';
import { measureCases } from './report.ts';
import { thisTree } from './subject.ts';

const usage =
  'npm run bench -- [--only CASE,CASE] [--rows N] [--rounds N] [--seconds N] [--full] [--peers] [--out FILE] [--profile FOLDER] [--list]';

await command(usage, async (args) => {
  const settings = benchSettings(args);
  const names = chosen(
    cases.map(({ name }) => name),
    settings.only,
  );
  if (settings.list) return console.log(names.join('\n'));
  await measureCases(
    cases.filter(({ name }) => names.includes(name)),
    [thisTree],
    settings,
  );
});
