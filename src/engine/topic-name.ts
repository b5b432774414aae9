import { LiberateError } from '../kit/errors.ts';

/** Text of the variables of a topic template. */
export interface TopicNames {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
}

const longest = 249;

/**
 * The topic that a template means. A name of the database may have characters that Kafka does not take: each becomes `_`. Two
 * tables that meet in one name are refused where their jobs claim it. A `version` past the first is a topic of its own: `orders.v2`.
 */
export function topicName(template: string, job: string, names: TopicNames, version = 1): string {
  const values: Readonly<Record<string, string>> = { job, ...names };
  const first = template.replace(/\{(\w+)\}/g, (whole, variable: string) => values[variable]?.replace(/[^A-Za-z0-9._-]/gu, '_') ?? whole);
  const name = version === 1 ? first : `${first}.v${version}`;
  if (name.length <= longest && name !== '.' && name !== '..') return name;
  const found = name.length <= longest ? `"${name}"` : `of ${name.length} characters, and ${longest} are the most`;
  throw new LiberateError('LIB304', `the topic's name would be ${found}`, { cure: 'Set another `topic:` for the job.' });
}
