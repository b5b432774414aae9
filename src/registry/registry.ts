import { type Clock, systemClock } from '../kit/clock.ts';
import { LiberateError } from '../kit/errors.ts';
import type { RegistryConfig } from '../model/registry.ts';
import { breaksIn, idIn, ruleIn } from './answers.ts';
import { asker } from './ask.ts';
import type { SchemaRegistry, SubjectSchema } from './schema-registry.ts';
import { subjectOf } from './subjects.ts';

export interface RegistryOptions {
  readonly clock?: Clock;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** Numbers that are remembered: as many as the streams of a large file have. */
const mostIds = 4000;

/** A registry with the API of Confluent's. No I/O until it is asked. */
export function openRegistry(config: RegistryConfig, { clock = systemClock, random = Math.random }: RegistryOptions = {}): SchemaRegistry {
  const ask = asker(config, { clock, random });
  // A number stands for the same text for ever.
  const known = new Map<string, number>();
  const remember = (schema: SubjectSchema, id: number): number => {
    if (known.size >= mostIds) known.clear();
    known.set(nameOf(schema), id);
    return id;
  };
  const nameOf = (schema: SubjectSchema): string => JSON.stringify([subject(schema), schema.document]);
  const subject = (schema: SubjectSchema): string => subjectOf(schema, config.subjects);
  const post = (what: string, path: string, { document: { type, text } }: SubjectSchema, signal: AbortSignal) =>
    // Avro goes without saying: registries of before there were others refuse the word.
    ask(what, path, { schema: text, ...(type === 'AVRO' ? {} : { schemaType: type }) }, signal);
  const breaksWith = async (schema: SubjectSchema, versions: string, signal: AbortSignal): Promise<readonly string[]> => {
    const name = subject(schema);
    const path = `/compatibility/subjects/${encodeURIComponent(name)}/${versions}?verbose=true`;
    const { said, asked } = await post(`checking the schema of ${name}`, path, schema, signal);
    // Without a version before it there is nothing to break.
    return said === null ? [] : breaksIn(said, asked);
  };
  /** By which a subject's versions are compared, its own or that of all; null where that is not told to this user. */
  const ruleOf = async (name: string, signal: AbortSignal): Promise<string | null> => {
    const path = `/config/${encodeURIComponent(name)}?defaultToGlobal=true`;
    const answer = await ask(`asking for the rule of ${name}`, path, null, signal).catch((error: unknown) => {
      if (error instanceof LiberateError && error.code !== 'LIB702') return null;
      throw error;
    });
    return answer === null || answer.said === null ? null : ruleIn(answer.said);
  };

  return {
    place: config.url,
    identity: `${config.url} ${config.subjects}`,
    registers: config.register,
    subject,
    async find(schema, signal) {
      const before = known.get(nameOf(schema));
      if (before !== undefined) return before;
      const name = subject(schema);
      const { said, asked } = await post(`looking up ${name}`, `/subjects/${encodeURIComponent(name)}`, schema, signal);
      return said === null ? null : remember(schema, idIn(said, asked));
    },
    async check(schema, signal) {
      const breaks = await breaksWith(schema, 'versions', signal);
      if (breaks.length === 0) return { breaks, rule: null };
      const rule = await ruleOf(subject(schema), signal);
      // Apicurio compares with all versions here, whatever the rule; only with the newest when it registers.
      if (rule === null || rule.endsWith('_TRANSITIVE')) return { breaks, rule };
      return { breaks: await breaksWith(schema, 'versions/latest', signal), rule };
    },
    async register(schema, signal) {
      const name = subject(schema);
      const { said, asked } = await post(`registering ${name}`, `/subjects/${encodeURIComponent(name)}/versions`, schema, signal);
      if (said === null) throw new LiberateError('LIB705', `${asked.what} at ${asked.place}: it knows no such subject, and made none`);
      return remember(schema, idIn(said, asked));
    },
  };
}
