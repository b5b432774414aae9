import { randomBytes } from 'node:crypto';

export type DatabaseKind = 'postgres' | 'mariadb' | 'sqlite';

export type TextRow = readonly (string | null)[];

/** One connection to a database: transactions and session settings stay in it. */
export interface Session {
  /** One or many statements. */
  run(sql: string): Promise<void>;
  /** The values as the server prints them; bytes as `\x` and lower-case hex on every server. */
  rows(sql: string): Promise<readonly TextRow[]>;
}

export interface OwnSession extends Session, AsyncDisposable {}

/** A database of a test's own, dropped at the end with whoever is still connected to it. */
export interface TestDatabase extends OwnSession {
  readonly kind: DatabaseKind;
  /** As liberate's configuration writes it. */
  readonly url: string;
  readonly name: string;
  /** A further session, for what runs at the same time as the first. */
  connect(): Promise<OwnSession>;
}

/** A login of a test's own. */
export interface TestLogin extends AsyncDisposable {
  readonly user: string;
  readonly password: string;
  /** The database's URL with this login. */
  readonly url: string;
}

export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`;
}

export function withLogin(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
