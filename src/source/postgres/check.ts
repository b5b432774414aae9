import { LiberateError } from '../../kit/errors.ts';
import { isTimeZone, unknownZone } from '../../kit/time-zone.ts';
import type { SourceFacts } from '../source.ts';
import { quote } from './flavour.ts';
import { assumedMs } from './horizon.ts';
import type { Query } from './session.ts';

const oldestVersion = 130_000;

/** `zone`: the server's own for this user and database; null: the configuration names another. */
export async function checkServer(query: Query, zone: string | null): Promise<SourceFacts> {
  const { rows } = await query(`
    SELECT current_setting('server_version'), current_setting('server_version_num'), current_schema(), current_database(), current_user,
      pg_has_role(current_user, 'pg_read_all_stats', 'usage'), pg_is_in_recovery(), current_setting('track_activities'),
      current_setting('max_prepared_transactions'), pg_encoding_to_char(encoding),
      EXISTS (SELECT FROM pg_catalog.pg_stat_subscription)
    FROM pg_catalog.pg_database WHERE datname = current_database()`);
  const [version, number, schema, database, user, seesAll, standby, tracks, prepared, encoding, subscribed] = rows[0] as readonly (
    | string
    | null
  )[];
  if (Number(number) < oldestVersion) {
    throw new LiberateError('LIB214', `the server is PostgreSQL ${version}`, { cure: 'Use PostgreSQL 13 or later.' });
  }
  const remarks = [
    standby === 't' &&
      'the server is a standby: transactions open on its primary are unseen, so a look-back of 60s (or `lookback:`) is assumed; ' +
        'read from the primary to see the oldest open transaction',
    seesAll !== 't' &&
      `user ${user} cannot see when other users' transactions began, so a look-back of 60s (or \`lookback:\`) is assumed; ` +
        `GRANT pg_read_all_stats TO ${user} to see the oldest open transaction`,
    tracks !== 'on' &&
      'track_activities is off: open transactions are unseen, so a look-back of 60s (or `lookback:`) is assumed; set it to on',
    Number(prepared) > 0 &&
      'max_prepared_transactions is not 0: a prepared transaction is assumed to have begun at most 60s (or `lookback:`) before it was prepared',
    subscribed === 't' &&
      'the server subscribes to a publication: rows that arrive by it carry stamps of another server; give those jobs a `lookback:` longer than its lag',
    zone !== null && !isTimeZone(zone) && unknownZone(zone),
    encoding === 'SQL_ASCII' && 'the database has the encoding SQL_ASCII: text that is not UTF-8 cannot be published',
  ];
  return {
    version: `PostgreSQL ${(version ?? '').split(' ')[0]}`,
    defaultSchema: schema ?? null,
    database: database ?? '',
    timezone: zone !== null && isTimeZone(zone) ? zone : null,
    remarks: remarks.filter((remark) => remark !== false),
    sight: {
      privilege: 'pg_read_all_stats',
      missing: seesAll !== 't',
      raise: raise({ standby: standby === 't', tracks: tracks === 'on', seesAll: seesAll === 't', user: user ?? '' }),
      assumedMs,
    },
  };
}

interface Blindness {
  readonly standby: boolean;
  readonly tracks: boolean;
  readonly seesAll: boolean;
  readonly user: string;
}

/** On a standby the privilege would show nothing, nor would it without what the server tracks. */
function raise({ standby, tracks, seesAll, user }: Blindness): string | null {
  if (standby) return 'Read from the primary';
  if (!tracks) return 'Set track_activities = on';
  const role = /^[a-z_][a-z0-9_]*$/.test(user) ? user : quote(user);
  return seesAll ? null : `GRANT pg_read_all_stats TO ${role}`;
}
