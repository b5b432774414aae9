import type { Job } from '../model/job.ts';
import type { SinkConfig } from '../sink/sink-config.ts';
import type { SourceConfig } from '../source/source-config.ts';
import type { StateConfig } from '../state/state-config.ts';
import type { Problem, Warning } from './problem.ts';
import type { HttpAddress } from './schema/http-form.ts';

/** A jobs file, checked, with every default filled in. Deeply frozen. It holds secrets as plain text: never log it. */
export interface Config {
  /** The path as it was given. */
  readonly file: string;
  /** Absolute path of the folder that relative paths in the file start from. */
  readonly directory: string;
  readonly sources: Readonly<Record<string, SourceConfig>>;
  readonly sinks: Readonly<Record<string, SinkConfig>>;
  readonly state: StateConfig;
  /** Milliseconds until the lease of a runner that does not renew it ends. */
  readonly leaseTtl: number;
  /** Where `run` serves its metrics; null: nowhere. */
  readonly http: HttpAddress | null;
  /** In the order of the file, disabled ones too. */
  readonly jobs: readonly Job[];
  /** Texts that must never be printed, for `redactSecrets`. */
  readonly secrets: readonly string[];
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly Warning[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Warning[] };

/** Variables of `${NAME}`; a name without a value is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a file, by absolute path; throws what `node:fs` throws. */
export type FileReader = (path: string) => string;
