import { randomUUID } from 'node:crypto';
import { orAbort } from '../../kit/abort.ts';
import { systemClock } from '../../kit/clock.ts';
import { formatDuration } from '../../kit/duration.ts';
import type { Holder, Horizon } from '../../model/watermark.ts';
import type { Connections } from './connection.ts';
import { serverErrno } from './errors.ts';
import type { Session } from './session.ts';

/** What is assumed of the longest transaction where it cannot be seen. */
export const assumedMs = 60_000;
/**
 * InnoDB tells a transaction's start in whole seconds, cut off, so that one is on the safe side already; a statement
 * has its NOW() a moment before InnoDB begins the transaction for it.
 */
const marginMs = 2_000;

const processDenied = 1227;

/** Microseconds since 1970. In a session in UTC, UNIX_TIMESTAMP is an exact decimal. */
const micros = (stamp: string): string => `CAST(UNIX_TIMESTAMP(${stamp}) * 1000000 AS SIGNED)`;

/**
 * The statements that run now. NOW() is the start of the statement, also while it waits for a table's lock, where
 * InnoDB knows nothing of it yet. Plain SELECTs stamp no rows, and ours begin as `select` in session.ts writes them.
 */
const statements = `
  SELECT ${micros('NOW(6)')}, MAX(IF(writes, busy, NULL)), MAX(replica), @@GLOBAL.read_only OR @@GLOBAL.innodb_read_only,
    SUBSTRING_INDEX(GROUP_CONCAT(IF(writes, CONCAT(ID, ' ', USER), NULL) ORDER BY busy DESC SEPARATOR '\\n'), '\\n', 1) FROM (
    SELECT ID, USER, /*M! CAST(TIME_MS * 1000 AS SIGNED) */ /*!80000 (TIME + 1) * 1000000 */ AS busy,
      USER = 'system user' AND COMMAND <> 'Daemon' AS replica,
      INFO IS NOT NULL AND INFO NOT LIKE 'SELECT%' AND INFO NOT LIKE '/*M! SET STATEMENT max\\_statement\\_time%' AS writes
    FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()
  ) p`;

/**
 * The transactions open now, those left out that the server holds to be read-only. `trx_started` is in the zone of the
 * server's machine whatever the session's is; where that clock is set back, an hour has two meanings, of which the earlier counts.
 * Last: this very statement is in what InnoDB shows, so it is not the picture of some earlier moment.
 */
const transactions = (nonce: string): string => `/* liberate ${nonce} */
  SELECT MIN(IF(trx_is_read_only, NULL, ${micros(`LEAST(
      CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'),
      CONVERT_TZ(trx_started - INTERVAL 1 HOUR, 'SYSTEM', '+00:00') + INTERVAL 1 HOUR)`)})),
    MAX(trx_mysql_thread_id = CONNECTION_ID() AND trx_query LIKE '%${nonce}%'),
    SUBSTRING_INDEX(GROUP_CONCAT(IF(trx_is_read_only, NULL, trx_mysql_thread_id) ORDER BY trx_started), ',', 1)
  FROM information_schema.INNODB_TRX`;

/** What one look at the server tells; microseconds since 1970. */
export interface Sighting {
  readonly now: bigint;
  /** The server applies the changes of another one, whose stamps they carry. */
  readonly replica: boolean;
  /** The start of the oldest statement or transaction that may write; null: there is none. */
  readonly oldest: bigint | null;
  /** Whose that is. */
  readonly holder: Pick<Holder, 'name' | 'user'> | null;
  /** Why transactions could not be seen; null: they could. */
  readonly blind: 'no PROCESS privilege' | 'INNODB_TRX is out of date' | null;
}

/** Pure: the floor below which no unseen transaction can have stamped a row. */
export function horizonOf({ now, replica, oldest, holder, blind }: Sighting, lookbackMs: number | null): Horizon {
  const ago = (from: bigint, ms: number): bigint => from - BigInt(Math.round(ms * 1000));
  const assumed = lookbackMs ?? assumedMs;
  const text = formatDuration(assumed);
  const seen = { floor: ago(oldest !== null && oldest < now ? oldest : now, marginMs), method: 'oldest open transaction' };
  const why = blind ?? (replica ? 'on a replica' : null);
  const held = holder !== null && oldest !== null && oldest < now ? { holder: { ...holder, since: oldest } } : {};
  if (why === null && lookbackMs === null) return { now, ...seen, ...held };
  const guessed = { floor: ago(now, assumed), method: why === null ? `lookback ${text}` : `lookback ${text}, ${why}` };
  const hidden = why === null ? {} : { hidden: true };
  if (guessed.floor <= seen.floor) return { now, ...guessed, ...hidden };
  // Where transactions are unseen, that a seen one began earlier makes the guarantee no stronger.
  return {
    now,
    floor: seen.floor,
    method: why === null ? seen.method : `${seen.method} seen, ${guessed.method} at least`,
    ...held,
    ...hidden,
  };
}

/**
 * InnoDB fills INNODB_TRX anew only when nobody has read it for 100 ms: readers that come more often than that see
 * one old picture for ever, and a transaction begun since is missed. So all jobs of a source share one look,
 * looks are spaced, and each must find itself in the picture.
 */
const spacingMs = 120;
const mostTries = 8;

export class Horizons implements AsyncDisposable {
  readonly #connections: Connections;
  readonly #closing = new AbortController();
  #seesTransactions: boolean | null = null;
  /** A look that has not begun: whoever asks before it does may share it. */
  #upcoming: Promise<Sighting> | null = null;
  /** Settles when INNODB_TRX may be read again. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async take(lookbackMs: number | null, signal: AbortSignal): Promise<Horizon> {
    return horizonOf(await this.#look(signal), lookbackMs);
  }

  /** Finds out anew whether the user may see transactions. */
  async probe(signal: AbortSignal): Promise<Sighting> {
    this.#seesTransactions = null;
    return this.#look(signal);
  }

  #look(signal: AbortSignal): Promise<Sighting> {
    if (this.#upcoming === null) {
      const look = this.#turn.then(() => this.#lookNow());
      this.#upcoming = look;
      this.#turn = look.catch(() => {}).then(() => this.#pause());
    }
    return orAbort(this.#upcoming, signal);
  }

  #lookNow(): Promise<Sighting> {
    // Who asks from here on needs a newer look.
    this.#upcoming = null;
    return this.#connections.use(this.#closing.signal, (session) =>
      this.#seesTransactions === false ? withoutTransactions(session) : this.#withTransactions(session),
    );
  }

  async #withTransactions(session: Session): Promise<Sighting> {
    for (let tries = 1; ; tries += 1) {
      try {
        const sighting = await lookOnce(session);
        this.#seesTransactions = true;
        if (sighting.blind === null || tries === mostTries) return sighting;
      } catch (error) {
        if (serverErrno(error) !== processDenied) throw error;
        this.#seesTransactions = false;
        return withoutTransactions(session);
      }
      await this.#pause();
    }
  }

  /** Of uneven length, so that two processes do not keep in step. */
  async #pause(): Promise<void> {
    if (this.#seesTransactions === false) return;
    await systemClock.sleep(spacingMs * (1 + Math.random()), this.#closing.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the source was closed'));
    await this.#turn;
  }
}

async function withoutTransactions(session: Session): Promise<Sighting> {
  return { ...(await runningStatements(session)), blind: 'no PROCESS privilege' };
}

/** Statements first: one that ends between the two looks has its transaction in the second, or has committed and is visible. */
async function lookOnce(session: Session): Promise<Sighting> {
  const nonce = randomUUID();
  // An open transaction of our own is what a fresh picture must show.
  await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  try {
    const running = await runningStatements(session);
    const { rows } = await session.query(transactions(nonce));
    const [begun, fresh, id] = rows[0] ?? [];
    const oldest = least(running.oldest, begun ? BigInt(begun) : null);
    const holder = oldest === running.oldest ? running.holder : { name: `connection ${id}`, user: await userOf(session, id ?? null) };
    return { ...running, oldest, holder, blind: fresh === '1' ? null : 'INNODB_TRX is out of date' };
  } finally {
    await session.query('COMMIT');
  }
}

async function runningStatements(session: Session): Promise<Omit<Sighting, 'blind'>> {
  const { rows } = await session.query(statements);
  const [now, busy, applier, readOnly, by] = rows[0] ?? [];
  const server = BigInt(now ?? 0);
  const [, id, user] = /^(\d+) (.*)$/.exec(by ?? '') ?? [];
  return {
    now: server,
    oldest: busy ? server - BigInt(busy) : null,
    holder: id ? { name: `connection ${id}`, user: user ?? null } : null,
    replica: applier === '1' || readOnly === '1',
  };
}

async function userOf(session: Session, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const { rows } = await session.query(`SELECT USER FROM information_schema.PROCESSLIST WHERE ID = ${id}`);
  return rows[0]?.[0] ?? null;
}

const least = (a: bigint | null, b: bigint | null): bigint | null => {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
};
