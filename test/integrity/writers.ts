import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnSession, TestDatabase, TextRow } from '../support/databases.ts';
import { stamps } from './items.ts';
import { type Random, seededRandom } from './random.ts';

export interface WriteOptions {
  /** Sessions that write at once. */
  readonly sessions: number;
  readonly seed: number;
  /** Most milliseconds that a transaction is held open. */
  readonly holdMs: number;
  /** Also what no cursor tells: rows that are deleted and come back as they were, other keys, changes without a stamp. */
  readonly unseen?: boolean;
  /** Ends the writing: each session finishes the transaction that it is in. */
  readonly signal: AbortSignal;
}

export interface Written {
  readonly committed: number;
  readonly rolledBack: number;
  /** Bodies of rows that were never committed. */
  readonly phantoms: ReadonlySet<string>;
}

/** Rows that all sessions like to update, so that they wait on each other's locks. */
const hot = 5;
export const seedRows = 40;

/** The server ended the transaction itself: a deadlock, or a lock waited for too long. */
const ended = new Set(['40P01', '55P03', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'SQLITE_BUSY']);

/** Fills both tables with a few committed rows. */
export async function seedTables(db: TestDatabase): Promise<void> {
  for (let at = 0; at < seedRows; at += 1) {
    for (const table of ['items', 'entries']) {
      await db.run(`INSERT INTO ${table} (version, body) VALUES (1, 'seed ${at}')`);
    }
  }
}

/**
 * Sessions of their own write into `items` and `entries` at the same time: inserts and updates stamped by the
 * server's now(), held open, under savepoints, one in ten rolled back.
 */
export async function writeConcurrently(db: TestDatabase, options: WriteOptions): Promise<Written> {
  const random = seededRandom(options.seed);
  const ids = Array.from({ length: seedRows }, (_, at) => at + 1);
  const writers = Array.from({ length: options.sessions }, (_, number) => new Writer(db, number, ids, random.fork(), options));
  await Promise.all(writers.map((writer) => writer.run(options.signal)));
  const sum = (of: (writer: Writer) => number): number => writers.reduce((total, writer) => total + of(writer), 0);
  return {
    committed: sum(({ committed }) => committed),
    rolledBack: sum(({ rolledBack }) => rolledBack),
    phantoms: new Set(writers.flatMap(({ phantoms }) => phantoms)),
  };
}

class Writer {
  readonly #db: TestDatabase;
  readonly #number: number;
  /** Ids of committed items, shared by all writers. */
  readonly #ids: number[];
  readonly #random: Random;
  readonly #holdMs: number;
  readonly #unseen: boolean;
  readonly phantoms: string[] = [];
  /** Rows that it has deleted, as they were; and those that its open transaction deletes, or brings back. */
  readonly #away: TextRow[] = [];
  #leaving: TextRow[] = [];
  #returning: TextRow[] = [];
  committed = 0;
  rolledBack = 0;
  #bodies = 0;

  constructor(db: TestDatabase, number: number, ids: number[], random: Random, { holdMs, unseen = false }: WriteOptions) {
    this.#db = db;
    this.#number = number;
    this.#ids = ids;
    this.#random = random;
    this.#holdMs = holdMs;
    this.#unseen = unseen;
  }

  async run(signal: AbortSignal): Promise<void> {
    await using session = await this.#db.connect();
    // A session that waited for the lock would hold up this process, and with it the one that has the lock.
    if (this.#db.kind === 'sqlite') await session.run('PRAGMA busy_timeout = 0');
    while (!signal.aborted) {
      if (await this.#begin(session, signal)) await this.#transaction(session);
    }
  }

  /** False: the signal came first. */
  async #begin(session: OwnSession, signal: AbortSignal): Promise<boolean> {
    if (this.#db.kind !== 'sqlite') {
      await session.run('BEGIN');
      return true;
    }
    while (!signal.aborted) {
      try {
        await session.run('BEGIN IMMEDIATE');
        return true;
      } catch (error) {
        if (codeOf(error) !== 'SQLITE_BUSY') throw error;
        await sleep(1 + this.#random.below(20));
      }
    }
    return false;
  }

  async #transaction(session: OwnSession): Promise<void> {
    const random = this.#random;
    const bodies: string[] = [];
    const inserted: number[] = [];
    let hold = random.below(this.#holdMs);
    const wait = async (share: number): Promise<void> => {
      const ms = Math.round(hold * share);
      hold -= ms;
      await sleep(ms);
    };
    try {
      // Half of them have written nothing, and so have no transaction id, while they have begun already.
      await session.rows('SELECT count(*) FROM items WHERE id < 10');
      if (random.chance(0.5)) await wait(random.next());
      for (let left = 1 + random.below(3); left > 0; left -= 1) {
        await this.#step(session, bodies, inserted);
        await wait(random.next() / 2);
      }
      if (random.chance(0.3)) await this.#underSavepoint(session, bodies, inserted);
      await wait(1);
      if (random.chance(0.1)) throw new RollBack();
      await session.run('COMMIT');
    } catch (error) {
      if (!(error instanceof RollBack) && !ended.has(codeOf(error))) throw error;
      await session.run('ROLLBACK');
      this.phantoms.push(...bodies);
      this.rolledBack += 1;
      this.#away.push(...this.#returning);
      this.#leaving = [];
      this.#returning = [];
      return;
    }
    this.#ids.push(...inserted);
    this.#away.push(...this.#leaving);
    this.#leaving = [];
    this.#returning = [];
    this.committed += 1;
  }

  async #step(session: OwnSession, bodies: string[], inserted: number[]): Promise<void> {
    const random = this.#random;
    const body = `w${this.#number} ${(this.#bodies += 1)}`;
    bodies.push(body);
    if (this.#unseen && random.chance(0.4)) {
      await this.#stepUnseen(session, body);
      return;
    }
    const kind = random.next();
    if (kind < 0.25) {
      await session.run(`INSERT INTO entries (version, body) VALUES (1, '${body}')`);
    } else if (kind < 0.5) {
      const [row] = await session.rows(`INSERT INTO items (version, body) VALUES (1, '${body}') RETURNING id`);
      inserted.push(Number(row?.[0]));
    } else {
      const id = random.chance(0.3) ? 1 + random.below(hot) : random.pick(this.#ids);
      await session.run(`UPDATE items SET version = version + 1, body = '${body}', ${stamps[this.#db.kind]} WHERE id = ${id}`);
    }
  }

  async #stepUnseen(session: OwnSession, body: string): Promise<void> {
    const random = this.#random;
    const id = random.pick(this.#ids);
    const kind = random.next();
    if (kind < 0.3) {
      await session.run(`UPDATE items SET version = version + 1, body = '${body}' WHERE id = ${id}`);
    } else if (kind < 0.5) {
      // No other key is below zero, and none of these is given twice.
      await session.run(`UPDATE items SET id = ${-(this.#number * 1_000_000 + this.#bodies)} WHERE id = ${id}`);
    } else {
      const [row] = await session.rows(`DELETE FROM items WHERE id = ${id} RETURNING id, version, body, updated_at`);
      if (row !== undefined) this.#leaving.push(row);
      const back = random.chance(0.5) ? this.#away.pop() : undefined;
      if (back === undefined) return;
      this.#returning.push(back);
      await session.run(`INSERT INTO items (id, version, body, updated_at) VALUES (${back.map((text) => `'${text}'`).join()})`);
    }
  }

  /** The rows of a savepoint that is kept carry a transaction id of their own in PostgreSQL. */
  async #underSavepoint(session: OwnSession, bodies: string[], inserted: number[]): Promise<void> {
    // What is rolled back to it would be taken for deleted.
    if (this.#unseen) return;
    const kept = this.#random.chance(0.5);
    const [own, ids]: [string[], number[]] = [[], []];
    await session.run('SAVEPOINT s');
    await this.#step(session, own, ids);
    await session.run(kept ? 'RELEASE SAVEPOINT s' : 'ROLLBACK TO SAVEPOINT s');
    if (!kept) {
      this.phantoms.push(...own);
      return;
    }
    bodies.push(...own);
    inserted.push(...ids);
  }
}

const codeOf = (error: unknown): string => String((error as { readonly code?: unknown }).code);

class RollBack extends Error {}
