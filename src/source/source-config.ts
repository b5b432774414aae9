import type { TlsConfig } from '../kit/tls.ts';

/** A source of the jobs file, normalised; variables are filled in and secrets are plain text: never log it. */
export interface SourceConfig {
  readonly name: string;
  readonly kind: 'postgres' | 'mysql' | 'sqlite';
  /** The URL without user and password; for SQLite the absolute path of the file. */
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly tls: TlsConfig | null;
  /** Most connections, which also bounds the jobs of this source that run at once. */
  readonly pool: number;
  /** IANA zone of stamps without zone; null: the server's own. */
  readonly timezone: string | null;
  /** Milliseconds. */
  readonly statementTimeout: number;
  /** SET statements run on each new connection. */
  readonly session: readonly string[];
}
