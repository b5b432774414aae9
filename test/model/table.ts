import Database from 'better-sqlite3';
import type { KeyedEvent } from '../integrity/checker.ts';
import type { Stamp, Write } from './steps.ts';

interface Stored {
  readonly id: number;
  readonly version: number;
  readonly stamp: string;
}

/** Milliseconds within which a stamp or an id may come late. */
const late = 4000;

/** A table in a SQLite file, and what must be published of it, kept beside it. */
export class ModelTable {
  readonly #database: Database.Database;
  readonly #appends: boolean;
  readonly #rows = new Map<number, Stored>();
  /** Ids that were left out, with the time of it. */
  #left: { readonly id: number; readonly at: number }[] = [];
  /** Stamps of late, with the time that each stands for. */
  #stamps: { readonly text: string; readonly at: number }[] = [];
  #highest = 0;
  #ticks = 0;
  /** Milliseconds since 1970 on the one clock of everything in the model. */
  now = Date.UTC(2026, 0, 1);

  /** `appends`: rows are never updated, as it must be where ids alone tell what is new. */
  constructor(path: string, appends: boolean) {
    this.#database = new Database(path);
    this.#appends = appends;
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      DROP TABLE IF EXISTS items;
      CREATE TABLE items (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, updated_at TIMESTAMP NOT NULL);
      CREATE INDEX items_updated_at ON items (updated_at, id);`);
  }

  apply(write: Write): void {
    switch (write.kind) {
      case 'wait':
        this.now += write.ms;
        return;
      case 'insert':
        this.#insert(write);
        return;
      case 'fill': {
        this.#left = this.#left.filter(({ at }) => this.now - at < late);
        const [gap] = this.#left.splice(write.gap % Math.max(1, this.#left.length), 1);
        if (gap !== undefined) this.#store([{ id: gap.id, version: 1, stamp: this.#stamp(write.stamp) }]);
        return;
      }
      case 'update': {
        const row = [...this.#rows.values()][write.row % Math.max(1, this.#rows.size)];
        if (row !== undefined && !this.#appends) this.#store([{ ...row, version: row.version + 1, stamp: this.#stamp(write.stamp) }]);
      }
    }
  }

  /** Key → value of every row, as liberate prints them. */
  content(): ReadonlyMap<string, string> {
    return new Map([...this.#rows.values()].map(eventOf).map(({ key, value }) => [key, value]));
  }

  close(): void {
    this.#database.close();
  }

  #insert({ rows, skip, stamp }: Extract<Write, { kind: 'insert' }>): void {
    for (let left = 0; left < skip; left += 1) this.#left.push({ id: (this.#highest += 1), at: this.now });
    const shared = this.#stamp(stamp);
    this.#store(Array.from({ length: rows }, () => ({ id: (this.#highest += 1), version: 1, stamp: shared })));
  }

  #store(rows: readonly Stored[]): void {
    const statement = this.#database.prepare('INSERT OR REPLACE INTO items VALUES (?, ?, ?)');
    this.#database.transaction(() => {
      for (const { id, version, stamp } of rows) statement.run(id, version, stamp);
    })();
    for (const row of rows) this.#rows.set(row.id, row);
  }

  #stamp(stamp: Stamp): string {
    this.#stamps = this.#stamps.filter(({ at }) => this.now - at < late);
    const shared = stamp.kind === 'tie' ? this.#stamps[stamp.row % Math.max(1, this.#stamps.length)] : undefined;
    if (shared !== undefined) return shared.text;
    const at = this.now - (stamp.kind === 'late' ? stamp.ms : 0);
    this.#ticks = (this.#ticks + 1) % 1000;
    const text = `${new Date(at).toISOString().replace('T', ' ').slice(0, -1)}${String(this.#ticks).padStart(3, '0')}`;
    this.#stamps.push({ text, at });
    return text;
  }
}

function eventOf({ id, version, stamp }: Stored): KeyedEvent & { readonly value: string } {
  return { key: `{"id":${id}}`, value: `{"id":${id},"version":${version},"updated_at":"${stamp}"}` };
}
