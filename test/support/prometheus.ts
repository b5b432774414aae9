export interface ParsedMetric {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

type Building = { type: string; help: string; samples: { labels: Record<string, string>; value: number }[] };

const unescaped = (text: string): string => text.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [whole, name, value] = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/.exec(rest) ?? [];
    if (whole === undefined || name === undefined || value === undefined) throw new Error(`no labels: ${rest}`);
    if (Object.hasOwn(labels, name)) throw new Error(`the label ${name} comes twice`);
    labels[name] = unescaped(value);
    rest = rest.slice(whole.length);
  }
  return labels;
}

/**
 * The text format 0.0.4 as Prometheus reads it: throws for what it refuses. Every metric here has its HELP and TYPE first,
 * and all its samples together.
 */
export function parseExposition(text: string): ReadonlyMap<string, ParsedMetric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, Building>();
  let open = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, about, rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line) ?? [];
    if (word === 'HELP' && about !== undefined) {
      if (metrics.has(about)) throw new Error(`${about} comes twice`);
      metrics.set(about, { type: '', help: unescaped(rest), samples: [] });
      open = about;
      continue;
    }
    const metric = metrics.get(open);
    if (word === 'TYPE') {
      if (metric === undefined || about !== open || !['counter', 'gauge'].includes(rest)) throw new Error(`misplaced: ${line}`);
      metric.type = rest;
      continue;
    }
    const [, name, , labels = '', value = ''] =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?\d+)?)$/.exec(line) ?? [];
    if (metric === undefined || name !== open || metric.type === '') throw new Error(`misplaced: ${line}`);
    const parsed = labelsOf(labels);
    if (metric.samples.some((one) => JSON.stringify(one.labels) === JSON.stringify(parsed))) throw new Error(`twice: ${line}`);
    metric.samples.push({ labels: parsed, value: Number(value.replace('Inf', 'Infinity')) });
  }
  return metrics;
}

/** The one sample that has these labels; undefined where there is none. */
export function sampleOf(
  metrics: ReadonlyMap<string, ParsedMetric>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = metrics.get(name)?.samples.filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value));
  if (found !== undefined && found.length > 1) throw new Error(`several samples of ${name} fit`);
  return found?.[0]?.value;
}
