import type { TlsConfig } from '../kit/tls.ts';

/**
 * Under what a registry keeps a schema: `topic`, the topic and which part of its events; `record`, the record's full name; `topic-record`,
 * the topic and the record's name.
 */
export type SubjectRule = 'topic' | 'record' | 'topic-record';

export type RegistryLogin =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

/** A schema registry with Confluent's API. */
export interface RegistryConfig {
  /** Without login, and without a slash at its end. */
  readonly url: string;
  readonly login: RegistryLogin | null;
  /** null: as the system does it, where the URL asks for TLS. */
  readonly tls: TlsConfig | null;
  /** false: schemas are only looked up; somebody else registers them. */
  readonly register: boolean;
  readonly subjects: SubjectRule;
  /** Milliseconds for one answer, with all tries. */
  readonly deadline: number;
}
