import type { StateConfig } from './state-config.ts';
import type { StateStore } from './state-store.ts';

/** Every state store, loaded when a jobs file names it. No I/O until `open`. */
const stores: Readonly<Record<StateConfig['kind'], (config: StateConfig) => Promise<StateStore>>> = {
  sqlite: async (config) => (await import('./sqlite/store.ts')).openSqliteState(config),
  postgres: async (config) => (await import('./postgres/store.ts')).openPostgresState(config),
  mysql: async (config) => (await import('./mysql/store.ts')).openMysqlState(config),
};

export function openState(config: StateConfig): Promise<StateStore> {
  return stores[config.kind](config);
}
