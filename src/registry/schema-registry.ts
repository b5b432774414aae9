import type { SchemaDocument } from '../model/schema-document.ts';

/** A schema as a registry keeps it: whose events it is of, and which part of them. */
export interface SubjectSchema {
  readonly topic: string;
  readonly part: 'key' | 'value';
  readonly document: SchemaDocument;
}

/** What a registry says of a schema that it does not know yet. */
export interface RegistryVerdict {
  /** Its reasons against it, in its own words; empty: it fits. */
  readonly breaks: readonly string[];
  /** Of the subject, where it breaks: `BACKWARD_TRANSITIVE`; null: it is not told. */
  readonly rule: string | null;
}

/**
 * Where consumers look schemas up by number. Failures are sorted into LiberateError (LIB702-LIB706) at the edge; a request that may be
 * tried again is, until the deadline. Never a secret in a message.
 */
export interface SchemaRegistry {
  /** For a person, without login: `http://registry:8081`. */
  readonly place: string;
  /** Numbers of one identity mean nothing under another. */
  readonly identity: string;
  /** May schemas be registered, or only looked up? */
  readonly registers: boolean;

  /** Under which name it is kept: `shop.orders-value`. */
  subject(schema: SubjectSchema): string;
  /** Its number; null where it is not registered under its subject. It changes nothing. */
  find(schema: SubjectSchema, signal: AbortSignal): Promise<number | null>;
  /** What the registry would say to it, by the rules that it was given. It changes nothing. */
  check(schema: SubjectSchema, signal: AbortSignal): Promise<RegistryVerdict>;
  /** Its number; the same again for one that is there. LIB704 where it is refused. */
  register(schema: SubjectSchema, signal: AbortSignal): Promise<number>;
}
