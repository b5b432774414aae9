import type { Knex } from 'knex';
import type { LiberateError } from '../kit/errors.ts';

/** A native error, sorted by its code. */
export interface Trouble {
  readonly error: LiberateError;
  /** Nothing was written and the same transaction may pass in a moment: busy, deadlock, serialization. */
  readonly again: boolean;
}

/** What differs from one database to the next; everything else of the store is written once, in knex-store.ts. */
export interface StateDatabase {
  /** What messages call the store, without a secret: `/var/lib/liberate.db`, `postgres://db:5432/shop`. */
  readonly place: string;
  /** Milliseconds since 1970 by the store's own clock, as an SQL integer expression without binds. */
  readonly clock: string;
  /** null: transactions are serialisable by themselves. */
  readonly isolation: 'read committed' | null;
  /**
   * The first statement of each transaction, or null. SQLite begins a transaction without a lock and cannot
   * upgrade a read that another writer has overtaken, so there it is a write that changes nothing.
   */
  readonly lock: string | null;

  /** Makes the pool. Refuses a place where no state can be (LIB405). */
  connect(): Promise<Knex>;
  /** Looks at what is there before anything is written; throws LIB402, LIB403 or LIB405. */
  inspect(db: Knex): Promise<void>;
  /** Waits for the right to change the schema, in the same transaction or session as `trx`. */
  lockSchema(trx: Knex.Transaction): Promise<void>;
  unlockSchema(trx: Knex.Transaction): Promise<void>;
  /** After the migration, outside any transaction. */
  settle(db: Knex): Promise<void>;
  /** After a COMMIT that failed: ends the transaction where that has left it open. */
  recover(db: Knex): Promise<void>;
  /** After a refused write: no connection that is there now is used again. */
  forsake(): void;

  /** A column that holds a job's name of up to 255 characters, compared exactly. */
  jobColumn(table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder;
  /** The column type of up to some megabytes. */
  readonly bytesType: string;
  tableOptions(table: Knex.CreateTableBuilder): void;
  sort(thrown: unknown): Trouble;
}

/** So many milliseconds from now, by the store's own clock. */
export const fromNow = (db: Knex, clock: string, ms: number): Knex.Raw => db.raw(`${clock} + ${Math.ceil(ms)}`);
