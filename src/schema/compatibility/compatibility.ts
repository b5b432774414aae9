import type { Compatibility } from '../../model/format.ts';
import type { StreamSchema } from '../stream-schema.ts';
import { compareModels, type Difference } from './difference.ts';

/** A version of a stream's schema as it is compared: a kept one, or that of a plan. */
export type SchemaVersion = Pick<StreamSchema, 'model' | 'format' | 'keyFormat' | 'envelope'>;

/** `backward`: the new schema reads the events of before. `forward`: the schema of before reads the new events. */
export type Direction = 'backward' | 'forward';

export interface Break {
  readonly difference: Difference;
  readonly direction: Direction;
  readonly why: string;
  /** Of the version in the history that breaks, from 0. */
  readonly at: number;
}

export interface Verdict {
  readonly ok: boolean;
  readonly compatibility: Compatibility;
  /** From the newest version to the present one, whether they break anything or not. */
  readonly differences: readonly Difference[];
  /** Only what the job's compatibility does not allow. */
  readonly breaks: readonly Break[];
}

/** What a job's compatibility asks for: of which directions, and of all versions or only of the newest. */
export function demandsOf(compatibility: Compatibility): { readonly directions: readonly Direction[]; readonly transitive: boolean } {
  const [kind, transitive] = compatibility.split('-') as [string, string | undefined];
  const directions: readonly Direction[] = kind === 'none' ? [] : kind === 'full' ? ['backward', 'forward'] : [kind as Direction];
  return { directions, transitive: transitive !== undefined };
}

/** Every way in which two versions differ, in the source's words. */
export function compareSchemas(was: SchemaVersion, is: SchemaVersion): readonly Difference[] {
  return [...compareWriting(was, is), ...compareModels(was.model, is.model, is)];
}

/** Nobody who reads one format or envelope reads another. */
function compareWriting(was: SchemaVersion, is: SchemaVersion): readonly Difference[] {
  const parts = [
    ['format', was.format, is.format],
    ['keyFormat', was.keyFormat, is.keyFormat],
    ['envelope', was.envelope, is.envelope],
  ] as const;
  return parts.flatMap(([kind, before, now]): readonly Difference[] => {
    if (before === now) return [];
    const breaks = { backward: `events of before are ${before}, and not ${now}`, forward: `new events are ${now}, and not ${before}` };
    return [
      { kind, field: kind, column: kind, was: before, is: now, breaks, cure: `Keep \`${kind}: ${before}\`, or publish to another topic.` },
    ];
  });
}

/** `history`: oldest first. A stream without one breaks nobody. */
export function verdictOf(history: readonly SchemaVersion[], is: SchemaVersion, compatibility: Compatibility): Verdict {
  const { directions, transitive } = demandsOf(compatibility);
  const newest = history.at(-1);
  const judged = transitive ? history : history.slice(-1);
  const first = history.length - judged.length;
  const breaks = judged.flatMap((was, at) => breaksOf(compareSchemas(was, is), directions, first + at));
  return { ok: breaks.length === 0, compatibility, differences: newest === undefined ? [] : compareSchemas(newest, is), breaks };
}

function breaksOf(differences: readonly Difference[], directions: readonly Direction[], at: number): readonly Break[] {
  return differences.flatMap((difference) =>
    directions.flatMap((direction) => {
      const why = difference.breaks[direction];
      return why === null ? [] : [{ difference, direction, why, at }];
    }),
  );
}
