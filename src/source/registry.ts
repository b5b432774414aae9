import type { Source } from './source.ts';
import type { SourceConfig } from './source-config.ts';

/** Every database that liberate reads: one line each. Drivers are loaded when a jobs file names them. */
const sources: Readonly<Record<SourceConfig['kind'], (config: SourceConfig) => Promise<Source>>> = {
  postgres: async (config) => (await import('./postgres/source.ts')).openPostgres(config),
  mysql: async (config) => (await import('./mysql/source.ts')).openMysql(config),
  sqlite: async (config) => (await import('./sqlite/source.ts')).openSqlite(config),
};

/** No I/O: the source connects at its first use. */
export function openSource(config: SourceConfig): Promise<Source> {
  return sources[config.kind](config);
}
