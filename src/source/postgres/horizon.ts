import { formatDuration } from '../../kit/duration.ts';
import type { Ended, Holder, Horizon } from '../../model/watermark.ts';
import { applicationName } from './connection.ts';
import { literal } from './flavour.ts';
import type { Query } from './session.ts';

/** What is assumed of the longest transaction where it cannot be seen. */
export const assumedMs = 60_000;
/** A transaction takes its start time a moment before others can see it, and clocks are read one after the other. */
const marginMs = 1_000;

/**
 * Sessions of this database that may write, ours left out: they are read-only, and a long load of one job must
 * not hold back the others. Ours are told by name and login, so that nobody else's is mistaken for one.
 * Sessions without a role are the server's own workers (autovacuum), which stamp no rows. `hidden`: the server
 * does not say when the transaction began, for want of pg_read_all_stats or of track_activities.
 */
const sessions = `
  SELECT pid, usename, xact_start, backend_start, coalesce(state, '') = 'disabled' OR (state IS NULL AND NOT sees_all) AS hidden
  FROM pg_catalog.pg_stat_activity, me
  WHERE datid = me.database AND usesysid IS NOT NULL AND pid <> pg_backend_pid()
    AND NOT (usesysid = me.role AND application_name = ${literal(applicationName)})`;

/** Exact in PostgreSQL 13 too, where extract gives a double: the product is rounded to whole microseconds. */
const micros = (stamp: string): string => `(extract(epoch FROM ${stamp}) * 1000000)::bigint`;

const statement = `
  WITH me AS MATERIALIZED (
    SELECT statement_timestamp() AS began,
      (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AS database,
      (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user) AS role,
      pg_has_role(current_user, 'pg_read_all_stats', 'usage') AS sees_all,
      pg_is_in_recovery() AS standby
  ), seen AS MATERIALIZED (${sessions}), prepared AS (
    SELECT prepared AS oldest, gid, owner FROM pg_catalog.pg_prepared_xacts WHERE database = current_database() ORDER BY prepared LIMIT 1
  ), open AS (
    SELECT pid, usename, xact_start FROM seen WHERE xact_start IS NOT NULL ORDER BY xact_start LIMIT 1
  )
  SELECT ${micros('clock_timestamp()')}, ${micros('me.began')}, me.standby,
    (SELECT ${micros('xact_start')} FROM open), (SELECT coalesce(bool_or(hidden), false) FROM seen),
    (SELECT ${micros('oldest')} FROM prepared),
    ${micros('CASE WHEN standby THEN coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()) END')},
    (SELECT pid FROM open), (SELECT usename FROM open), (SELECT gid FROM prepared), (SELECT owner FROM prepared),
    (SELECT ${micros('min(backend_start)')} FROM seen), (SELECT string_agg(pid::text, ' ') FROM seen WHERE backend_start IS NULL),
    pg_snapshot_xmin(pg_current_snapshot())::text, concat_ws(' ', ${micros('pg_postmaster_start_time()')}, me.database),
    pg_current_snapshot()::text
  FROM me`;

/** What one look at the server tells; microseconds since 1970. */
export interface Sighting {
  readonly now: bigint;
  /** The server's clock before it looked at the others. */
  readonly began: bigint;
  readonly standby: boolean;
  readonly oldest: bigint | null;
  readonly hidden: boolean;
  /** When the oldest prepared transaction was prepared; it began earlier, the server does not say when. */
  readonly prepared: bigint | null;
  /** A standby: when the last transaction that it has replayed was committed. */
  readonly replayed: bigint | null;
  /** Whose the oldest open transaction and the oldest prepared one are; null: there is none. */
  readonly holder: Named | null;
  readonly preparedBy: Named | null;
  /** When the first began of the sessions whose beginning is told; null: there is none. */
  readonly eldest: bigint | null;
  /** Process numbers of the others. */
  readonly unnamed: readonly string[];
  readonly ended: Ended;
  readonly snapshot: string;
}

type Named = Pick<Holder, 'name' | 'user'>;

const openMethod = 'oldest open transaction';

/** Pure: the floor below which no unseen transaction can have stamped a row. */
export function horizonOf(sighting: Sighting, lookbackMs: number | null): Horizon {
  const { now, began, standby, oldest, hidden, prepared, replayed } = sighting;
  const ago = (from: bigint, ms: number): bigint => from - BigInt(Math.round(ms * 1000));
  const assumed = lookbackMs ?? assumedMs;
  const text = formatDuration(assumed);
  const floors = [{ floor: ago(min(began, oldest), marginMs), method: openMethod }];
  // A standby shows what was committed up to `replayed`; what was open on the primary then is unseen.
  if (standby) floors.push({ floor: ago(min(now, replayed), assumed), method: `lookback ${text}, on a standby` });
  else if (hidden) floors.push({ floor: ago(now, assumed), method: `lookback ${text}, other sessions are hidden` });
  else if (lookbackMs !== null) floors.push({ floor: ago(now, assumed), method: `lookback ${text}` });
  if (prepared !== null) floors.push({ floor: ago(prepared, assumed), method: `oldest prepared transaction and ${text} before it` });
  const { floor, method } = floors.reduce((lowest, other) => (other.floor < lowest.floor ? other : lowest));
  // Where sessions are unseen, that the seen ones began earlier makes the guarantee no stronger.
  const weak = standby || hidden;
  return {
    now,
    floor,
    method: weak && method === openMethod ? `${method} seen, ${text} at least` : method,
    ...holding(sighting, method),
    // The sessions of a standby's primary are unseen.
    ...(standby || sighting.eldest === null ? {} : { eldest: sighting.eldest }),
    // A standby does not list what is running: only what is older than all of it is told for certain.
    snapshot: standby ? `${sighting.ended.below}:${sighting.ended.below}:` : sighting.snapshot,
    // A look and a read may meet two standbys, of which one has replayed more.
    ...(standby ? {} : { ended: sighting.ended }),
  };
}

/** Who keeps the floor back. When a prepared transaction began is told by nobody, so it blocks whatever the floor is. */
function holding({ began, oldest, holder, prepared, preparedBy }: Sighting, method: string): Pick<Horizon, 'holder' | 'blocked'> {
  if (prepared !== null && preparedBy !== null) return { holder: { ...preparedBy, since: prepared }, blocked: true };
  if (method !== openMethod || holder === null || oldest === null || oldest >= began) return {};
  return { holder: { ...holder, since: oldest } };
}

const min = (a: bigint, b: bigint | null): bigint => (b !== null && b < a ? b : a);

export async function lookAt(query: Query): Promise<Sighting> {
  const { rows } = await query(statement);
  const [now, began, standby, oldest, hidden, prepared, replayed, pid, user, gid, owner, eldest, unnamed, below, server, snapshot] =
    rows[0] ?? [];
  const time = (text: string | null | undefined): bigint | null => (text ? BigInt(text) : null);
  return {
    now: BigInt(now ?? 0),
    began: BigInt(began ?? 0),
    standby: standby === 't',
    oldest: time(oldest),
    hidden: hidden === 't',
    prepared: time(prepared),
    replayed: time(replayed),
    holder: pid ? { name: `pid ${pid}`, user: user ?? null } : null,
    eldest: time(eldest),
    unnamed: unnamed ? unnamed.split(' ') : [],
    snapshot: snapshot ?? '',
    ended: { server: server ?? '', below: BigInt(below ?? 0) },
    preparedBy: gid ? { name: `prepared transaction "${gid}"`, user: owner ?? null } : null,
  };
}
