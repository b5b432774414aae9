import { basename } from 'node:path';
import { throwIfAborted } from '../../kit/abort.ts';
import type { Column, Relation, Shape, TableName } from '../../model/column.ts';
import type { RowBatch } from '../../model/row.ts';
import type { Horizon, Watermark } from '../../model/watermark.ts';
import type { Explained } from '../../query/explained.ts';
import type { ReadRequest } from '../../query/request.ts';
import type { Source, SourceFacts } from '../source.ts';
import type { SourceConfig } from '../source-config.ts';
import { type Connections, openConnections } from './connections.ts';
import { describeRelation, listTables } from './describe.ts';
import { sqliteError } from './errors.ts';
import { estimateRows } from './estimate.ts';
import { explain, indexSql } from './explain.ts';
import { defaultLookbackMs, horizonAt } from './horizon.ts';
import { countNulls, lastPosition, nthPosition, type Reading, readPage } from './read.ts';
import { parseCursor } from './types.ts';
import { versionOf } from './version.ts';
import { FileHints } from './wake.ts';

/**
 * A database file, opened for reading only and never made. SQLite runs inside this process: a statement
 * that takes long before its first row holds the event loop up, and nothing can interrupt it.
 */
export function openSqlite(config: SourceConfig): Source {
  return new SqliteSource(config, openConnections(config));
}

class SqliteSource implements Source {
  readonly kind = 'sqlite';
  readonly uncommitted = null;
  readonly together = null;
  readonly #config: SourceConfig;
  readonly #connections: Connections;
  readonly hints: FileHints;

  constructor(config: SourceConfig, connections: Connections) {
    this.#config = config;
    this.#connections = connections;
    this.hints = new FileHints(config.url);
  }

  get name(): string {
    return this.#config.name;
  }

  check(signal: AbortSignal): Promise<SourceFacts> {
    return this.#with(signal, ({ connection: { database }, path }) => {
      // Reads the file's first page: opening alone does not look into it, and the journal mode is known only then.
      const version = String(database.prepare('SELECT sqlite_version() FROM (SELECT count(*) FROM sqlite_schema)').pluck().get());
      const journal = String(database.pragma('journal_mode', { simple: true }));
      // One writer at a time: nothing is open that could not be seen.
      const sight = { privilege: null, missing: false, raise: null, assumedMs: defaultLookbackMs };
      const remarks = journalRemarks(journal);
      return { version: `SQLite ${version}`, defaultSchema: null, database: basename(path), timezone: null, remarks, sight };
    });
  }

  tables(signal: AbortSignal): Promise<readonly TableName[]> {
    return this.#with(signal, ({ connection }) => listTables(connection.database));
  }

  describe(relation: Relation, signal: AbortSignal): Promise<Shape> {
    return this.#with(signal, ({ connection, path }) => {
      // First: of what comes between the two the version would be too new, and nobody would ever look again.
      const version = versionOf(connection);
      return { ...describeRelation(connection.database, path, relation), version };
    });
  }

  async horizon(lookbackMs: number | null, signal: AbortSignal): Promise<Horizon> {
    throwIfAborted(signal);
    return horizonAt(Date.now(), lookbackMs);
  }

  countNulls(request: ReadRequest, signal: AbortSignal): Promise<number> {
    return this.#with(signal, (reading) => countNulls(reading, request));
  }

  last(request: ReadRequest, signal: AbortSignal): Promise<Watermark | null> {
    return this.#with(signal, (reading) => lastPosition(reading, request));
  }

  nth(request: ReadRequest, signal: AbortSignal): Promise<Watermark | null> {
    return this.#with(signal, (reading) => nthPosition(reading, request));
  }

  estimate(request: ReadRequest, signal: AbortSignal): Promise<number | null> {
    return this.#with(signal, (reading) => estimateRows(reading, request));
  }

  explain(request: ReadRequest, signal: AbortSignal): Promise<Explained> {
    return this.#with(signal, (reading) => explain(reading, request));
  }

  readonly indexSql = indexSql;

  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RowBatch, void, undefined> {
    await using connection = await this.#connections.acquire(signal);
    yield* readPage({ connection, path: this.#config.url, timezone: this.#config.timezone }, request, signal);
  }

  parseCursor(text: string, column: Column): string {
    return parseCursor(text, column);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hints[Symbol.asyncDispose]();
    await this.#connections[Symbol.asyncDispose]();
  }

  async #with<T>(signal: AbortSignal, work: (reading: Reading) => T): Promise<T> {
    await using connection = await this.#connections.acquire(signal);
    try {
      return work({ connection, path: this.#config.url, timezone: this.#config.timezone });
    } catch (error) {
      throw sqliteError(this.#config.url, error);
    }
  }
}

function journalRemarks(journal: string): readonly string[] {
  if (journal === 'wal') return [];
  return [
    `journal mode ${journal}: a writer waits while a page is read, and a reader while a transaction commits; \`PRAGMA journal_mode = WAL\` lets both work at once`,
  ];
}
