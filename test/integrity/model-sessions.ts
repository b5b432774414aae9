import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseKind, OwnSession, TextRow } from '../support/databases.ts';
import { columns, stamps, type Table } from './items.ts';
import { type Action, sessions } from './model-steps.ts';

interface Waiting {
  readonly row: number;
  readonly done: Promise<void>;
}

interface Point {
  readonly inserted: ReadonlySet<number>;
  readonly deleted: ReadonlySet<number>;
  readonly locked: ReadonlySet<number>;
}

interface State {
  readonly session: OwnSession;
  open: boolean;
  /** Rows that it has inserted and not committed. */
  inserted: Set<number>;
  deleted: Set<number>;
  /** Keys, of rows or of where some were. */
  locked: Set<number>;
  savepoint: Point | null;
  /** A statement that waits for another session's lock. */
  waiting: Waiting | null;
}

/**
 * Real sessions on a real database, driven one statement at a time. It is known here who has which row locked, so
 * that a statement that will wait is started and not waited for.
 */
export class ModelSessions {
  readonly #kind: DatabaseKind;
  readonly #table: Table;
  readonly #states: readonly State[];
  readonly #deletes: boolean;
  readonly #committed = new Set<number>();
  /** What stood in rows when they were deleted, by key. */
  readonly #graves = new Map<number, TextRow>();
  /** Keys that have got a row without a stamp of that moment: no poll need see it. */
  readonly unseen = new Set<number>();
  readonly #trace: string[];

  /** `deletes`: rows are also deleted, come back as they were, and change their keys. `trace`: gets a line for each statement. */
  constructor(kind: DatabaseKind, table: Table, deletes: boolean, own: readonly OwnSession[], trace: string[]) {
    this.#kind = kind;
    this.#table = table;
    this.#deletes = deletes;
    this.#trace = trace;
    this.#states = own.slice(0, sessions).map((session) => ({
      session,
      open: false,
      inserted: new Set(),
      deleted: new Set(),
      locked: new Set(),
      savepoint: null,
      waiting: null,
    }));
  }

  async apply(action: Action): Promise<void> {
    if (action.do === 'wait') return sleep(action.ms);
    const state = this.#states[action.by] as State;
    if (state.waiting !== null || this.#isShutOut(state)) return;
    switch (action.do) {
      case 'begin':
        if (state.open) return;
        await this.#run(state, this.#kind === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN');
        state.open = true;
        return;
      case 'look':
        this.#trace.push(`s${action.by}: SELECT`);
        await state.session.rows(`SELECT count(*) FROM ${this.#table}`);
        return;
      case 'savepoint':
        if (!state.open) return;
        await this.#run(state, 'SAVEPOINT s');
        state.savepoint = { inserted: new Set(state.inserted), deleted: new Set(state.deleted), locked: new Set(state.locked) };
        return;
      case 'back':
        return this.#back(state);
      case 'commit':
      case 'rollback':
        if (state.open) await this.#end(state, action.do === 'commit');
        return;
      case 'insert':
        return this.#insert(state, action.rows);
      case 'update':
        return this.#update(state, action.row, action.body);
      case 'delete':
        return this.#delete(state, action.row);
      case 'rekey':
        return this.#rekey(state, action.row);
      case 'return':
        return this.#return(state, action.row);
    }
  }

  /** Every transaction ends, each commit or rollback letting those that wait for it go on. */
  async end(commit: boolean): Promise<void> {
    while (this.#states.some(({ open }) => open)) {
      const free = this.#states.find(({ open, waiting }) => open && waiting === null);
      if (free === undefined) throw new Error('every open session waits for another');
      await this.#end(free, commit);
    }
  }

  /** After a failed run: whatever is open is given up. */
  async abandon(): Promise<void> {
    for (const { session, open, waiting } of this.#states) if (open && waiting === null) await session.run('ROLLBACK');
    for (const { waiting } of this.#states) await waiting?.done;
    for (const { session, open, waiting } of this.#states) if (open && waiting !== null) await session.run('ROLLBACK');
  }

  /** SQLite lets nobody else write while a transaction is open. */
  #isShutOut(state: State): boolean {
    return this.#kind === 'sqlite' && this.#states.some((other) => other !== state && other.open);
  }

  async #run(state: State, sql: string): Promise<void> {
    this.#trace.push(`s${this.#states.indexOf(state)}: ${sql}`);
    await state.session.run(sql);
  }

  async #insert(state: State, rows: number): Promise<void> {
    const values = Array.from({ length: rows }, () => "(1, 'a')").join(', ');
    const sql = `INSERT INTO ${this.#table} (version, body) VALUES ${values} RETURNING id`;
    const ids = (await state.session.rows(sql)).map(([id]) => Number(id));
    this.#trace.push(`s${this.#states.indexOf(state)}: INSERT ${ids.join(', ')}`);
    for (const id of ids) (state.open ? state.inserted : this.#committed).add(id);
  }

  async #update(state: State, at: number, body: string): Promise<void> {
    const row = this.#pick(state, at);
    if (row === undefined || this.#table !== 'items') return;
    const sql = `UPDATE items SET version = version + 1, body = '${body}', ${stamps[this.#kind]} WHERE id = ${row}`;
    await this.#change(state, row, sql, () => state.session.run(sql));
  }

  async #delete(state: State, at: number): Promise<void> {
    const row = this.#pick(state, at);
    if (row === undefined || !this.#deletes) return;
    const sql = `DELETE FROM ${this.#table} WHERE id = ${row} RETURNING ${this.#columns}`;
    await this.#change(state, row, sql, async () => {
      const [grave] = await state.session.rows(sql);
      if (grave === undefined) return;
      this.#graves.set(row, grave);
      this.#vacate(state, row);
    });
  }

  /** A row's other key is its key with the sign changed, which no other row ever has. */
  async #rekey(state: State, at: number): Promise<void> {
    const row = this.#pick(state, at);
    if (row === undefined || !this.#deletes || this.#holder(state, row) !== undefined || !this.#isVacant(state, -row)) return;
    await this.#run(state, `UPDATE ${this.#table} SET id = ${-row} WHERE id = ${row}`);
    this.#vacate(state, row);
    this.#occupy(state, -row);
    // What is older than this must not come back after it.
    this.#graves.delete(row);
    if (state.open) state.locked.add(row).add(-row);
  }

  async #return(state: State, at: number): Promise<void> {
    const rows = [...this.#graves.keys()].filter((row) => this.#isVacant(state, row)).sort((a, b) => a - b);
    const row = rows[at % Math.max(1, rows.length)];
    if (row === undefined || !this.#deletes) return;
    const values = (this.#graves.get(row) as TextRow).map((value) => `'${value}'`).join(', ');
    await this.#run(state, `INSERT INTO ${this.#table} (${this.#columns}) VALUES (${values})`);
    this.#graves.delete(row);
    this.#occupy(state, row);
    if (state.open) state.locked.add(row);
  }

  get #columns(): string {
    return this.#table === 'items' ? `${columns}, touched_at` : columns;
  }

  /** One of the rows that it can see. */
  #pick(state: State, at: number): number | undefined {
    const seen = [...this.#committed, ...state.inserted].filter((row) => !state.deleted.has(row)).sort((a, b) => a - b);
    return seen[at % Math.max(1, seen.length)];
  }

  #holder(state: State, row: number): State | undefined {
    return this.#states.find((other) => other !== state && other.locked.has(row));
  }

  /** Is there no row of this key, nor one that could be before a transaction has ended? */
  #isVacant(state: State, row: number): boolean {
    if (this.#holder(state, row) !== undefined || state.inserted.has(row)) return false;
    return !this.#committed.has(row) || state.deleted.has(row);
  }

  #vacate(state: State, row: number): void {
    if (!state.open) this.#committed.delete(row);
    else if (!state.inserted.delete(row) || this.#committed.has(row)) state.deleted.add(row);
  }

  #occupy(state: State, row: number): void {
    this.unseen.add(row);
    (state.open ? state.inserted : this.#committed).add(row);
  }

  /** Changes a row, at once or when the session that holds it lets it go. */
  async #change(state: State, row: number, sql: string, change: () => Promise<void>): Promise<void> {
    const holder = this.#holder(state, row);
    if (holder === undefined) {
      this.#trace.push(`s${this.#states.indexOf(state)}: ${sql}`);
      await change();
      if (state.open) state.locked.add(row);
      return;
    }
    if (this.#states.some(({ waiting }) => waiting?.row === row) || this.#waitsFor(holder, state)) return;
    this.#trace.push(`s${this.#states.indexOf(state)} waits: ${sql}`);
    const done = change();
    done.catch(() => undefined);
    state.waiting = { row, done };
    // The statement takes its stamp when it has arrived; where it has not yet, only another history is played.
    await sleep(3);
  }

  #waitsFor(state: State, other: State): boolean {
    for (let at: State | undefined = state; at !== undefined; ) {
      if (at === other) return true;
      const row: number | undefined = at.waiting?.row;
      at = row === undefined ? undefined : this.#states.find(({ locked }) => locked.has(row));
    }
    return false;
  }

  async #back(state: State): Promise<void> {
    if (state.savepoint === null) return;
    await this.#run(state, 'ROLLBACK TO SAVEPOINT s');
    const { inserted, deleted, locked } = state.savepoint;
    state.inserted = new Set(inserted);
    state.deleted = new Set(deleted);
    // InnoDB keeps the locks.
    if (this.#kind !== 'postgres') return;
    const freed = [...state.locked].filter((row) => !locked.has(row));
    state.locked = new Set(locked);
    await this.#free(freed);
  }

  async #end(state: State, commit: boolean): Promise<void> {
    await this.#run(state, commit ? 'COMMIT' : 'ROLLBACK');
    if (commit) {
      for (const id of state.deleted) this.#committed.delete(id);
      for (const id of state.inserted) this.#committed.add(id);
    }
    const freed = [...state.locked];
    state.open = false;
    state.inserted = new Set();
    state.deleted = new Set();
    state.locked = new Set();
    state.savepoint = null;
    await this.#free(freed);
  }

  /** The statements that waited for these rows go on, and hold them now. */
  async #free(rows: readonly number[]): Promise<void> {
    for (const state of this.#states) {
      const { waiting } = state;
      if (waiting === null || !rows.includes(waiting.row)) continue;
      await waiting.done;
      state.waiting = null;
      if (state.open) state.locked.add(waiting.row);
    }
  }
}
