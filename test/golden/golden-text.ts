import { liberate } from '../support/liberate.ts';
import { type PublishedShop, type Topic, topics } from './shop.ts';

/** Records shown of each topic. */
const shown = 4;

interface ValidatedJob {
  readonly job: string;
  readonly relation: string;
  readonly mode: string;
  readonly cursor: readonly string[];
  readonly key: readonly string[];
  readonly topic: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[];
}

/** Schema, first records and state of each topic, as text to be read and compared. */
export async function goldenText(shop: PublishedShop): Promise<string> {
  const validated = JSON.parse((await liberate(['validate', shop.file, '--json'])).stdout) as { readonly jobs: readonly ValidatedJob[] };
  const states = (await liberate(['state', 'show', shop.file, '--json'])).stdout.trimEnd().split('\n');
  return topics.map((topic) => section(shop, topic, validated.jobs, states)).join('\n');
}

function section(shop: PublishedShop, topic: Topic, jobs: readonly ValidatedJob[], states: readonly string[]): string {
  const job = jobs.find((one) => one.job === topic);
  const state = states.find((line) => line.startsWith(`{"job":"${topic}"`));
  if (job === undefined || state === undefined) throw new Error(`nothing is told of ${topic}`);
  const lines = shop.lines(topic);
  return [
    `== ${topic}: ${job.relation} → ${job.topic}, ${job.mode} by ${job.cursor.join(', ')}, key ${job.key.join(', ')}`,
    ...job.columns.map(({ name, type, nullable }) => `   ${name.padEnd(18)} ${type}${nullable ? '' : ' NOT NULL'}`),
    `-- ${lines.length} records, the first ${shown}:`,
    ...lines.slice(0, shown).map((line) => maskRecord(topic, line)),
    '-- state:',
    maskState(state),
    '',
  ].join('\n');
}

/** A record without a time of its own has the time at which it was read. */
function maskRecord(topic: Topic, line: string): string {
  return topic === 'events' ? line.replace(/"timestamp":"[^"]*"/, '"timestamp":"<read>"') : line;
}

/** What is taken from a clock. */
function maskState(line: string): string {
  return line
    .replace(/"committedAt":"[^"]*"/, '"committedAt":"<time>"')
    .replace(/"since":"\d+"/, '"since":"<time>"')
    .replace(/"seen":"\d+"/g, '"seen":"<time>"');
}
