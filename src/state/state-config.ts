import type { TlsConfig } from '../kit/tls.ts';

/** `state:` of the jobs file, normalised; the password is plain text: never log it. */
export interface StateConfig {
  readonly kind: 'sqlite' | 'postgres' | 'mysql';
  /** Absolute path of the file, or the URL without user and password. */
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly tls: TlsConfig | null;
}
