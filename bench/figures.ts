import { cell } from './print.ts';
import { ceiling, type Recording, type Result } from './result.ts';

const begin = '<!-- figures: npx tsx bench/write-figures.ts -->';
const end = '<!-- /figures -->';

/** The document with the tables of a recording between its two marks. */
export function withFigures(document: string, recording: Recording): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document has no ${begin} … ${end}`);
  return `${document.slice(0, from)}${begin}\n${tablesOf(recording)}\n${document.slice(to)}`;
}

function tablesOf({ machine, results }: Recording): string {
  const { date, cpu, cores, memoryGigabytes, node, commit, versions } = machine;
  const servers = Object.entries(versions).map(([name, version]) => `${name} ${version.split(/[ -]/)[0]}`);
  const where = `${date.slice(0, 10)}, ${cpu}, ${cores} cores, ${memoryGigabytes} GB, Node ${node.slice(1)}, ${servers.join(', ')}, commit ${commit}.`;
  const told = results.filter(({ skipped }) => skipped === null);
  const [loads, others] = [told.filter(isLoad), told.filter((result) => !isLoad(result))];
  return [where, loadTable(loads), ...others.map(otherTable)].join('\n\n');
}

const isLoad = ({ contenders }: Result): boolean => contenders.some(({ rounds }) => rounds.some((figures) => 'of ceiling' in figures));

/** A line for each load of liberate's, its ceiling beside it: of a case with several sizes they are told apart by their names. */
function loadTable(loads: readonly Result[]): string {
  const head = ['case', '**of ceiling**', 'liberate, rows/s', 'liberate, s', 'ceiling, s', 'CPU, s', "ceiling's CPU, s", 'peak MB', 'what'];
  const rows = loads.flatMap(({ case: name, what, contenders }) =>
    contenders
      .filter((contender) => !contender.name.startsWith(ceiling))
      .map((liberate) => {
        const size = liberate.name.split(', ').slice(1).join(', ');
        const most = contenders.find((one) => one.name === [ceiling, size].filter((part) => part !== '').join(', '));
        return [
          `\`${name}\``,
          `**${cell(liberate, 'of ceiling')}**`,
          cell(liberate, 'rows/s'),
          cell(liberate, 'wall s'),
          most === undefined ? '' : cell(most, 'wall s'),
          cell(liberate, 'cpu s'),
          most === undefined ? '' : cell(most, 'cpu s'),
          cell(liberate, 'peak MB'),
          [size, what].filter((part) => part !== '').join(': '),
        ];
      }),
  );
  return tableOf(head, rows);
}

function otherTable({ case: name, what, contenders }: Result): string {
  const figures = [...new Set(contenders.flatMap(({ rounds }) => rounds.flatMap(Object.keys)))];
  const rows = contenders.map((contender) => [contender.name, ...figures.map((figure) => cell(contender, figure))]);
  return tableOf([`\`${name}\`: ${what}`, ...figures], rows);
}

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
