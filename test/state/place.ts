import type { StateConfig } from '../../src/state/state-config.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import type { StatePlace } from '../contract/state-store.ts';
import type { TestDatabase } from '../support/databases.ts';

/** A URL of a test's database as the configuration gives it: the login apart. */
export function configOf(kind: StateConfig['kind'], text: string): StateConfig {
  const url = new URL(text);
  const config = { kind, user: decodeURIComponent(url.username), password: decodeURIComponent(url.password), tls: null };
  url.username = '';
  url.password = '';
  return { ...config, url: url.href };
}

/** A test's database on a server as a place for states. */
export async function placeOn(
  create: () => Promise<TestDatabase>,
  kind: StateConfig['kind'],
  open: (config: StateConfig) => StateStore,
): Promise<StatePlace & { readonly database: TestDatabase }> {
  const database = await create();
  return {
    database,
    store: () => open(configOf(kind, database.url)),
    run: database.run,
    rows: database.rows,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
