import { LiberateError } from '../../kit/errors.ts';
import { isTimeZone, unknownZone } from '../../kit/time-zone.ts';
import type { Sight } from '../../model/guarantee.ts';
import type { SourceFacts } from '../source.ts';
import { assumedMs, type Sighting } from './horizon.ts';
import type { Session } from './session.ts';

const oldest = { MariaDB: [10, 5], MySQL: [8, 0] } as const;

/** `ownZone`: the server's zone is what DATETIME stamps are in. */
export async function checkServer(session: Session, sighting: Sighting, ownZone: boolean): Promise<SourceFacts> {
  const { rows } = await session.query(
    `SELECT VERSION(), DATABASE(), CURRENT_USER(), @@GLOBAL.time_zone, CONVERT_TZ('2026-01-01', '+00:00', @@GLOBAL.time_zone) IS NULL,
       IF(@@GLOBAL.time_zone = 'SYSTEM', @@system_time_zone, @@GLOBAL.time_zone)`,
  );
  const [version, database, user, zone, lost, named] = rows[0] as readonly (string | null)[];
  const printed = printVersion(version ?? '');
  if (ownZone && lost === '1') {
    throw new LiberateError('LIB214', `the server cannot convert stamps to its own time zone ${zone}`, {
      cure: 'Load its zone tables (mariadb-tzinfo-to-sql, mysql_tzinfo_to_sql), or give `timezone:` of the source.',
    });
  }
  const own = ownZone ? (named ?? null) : null;
  return {
    version: printed,
    defaultSchema: database ?? null,
    database: database ?? '',
    timezone: own !== null && isTimeZone(own) ? own : null,
    remarks: [...remarksOn(sighting, user ?? ''), ...(own === null || isTimeZone(own) ? [] : [unknownZone(own)])],
    sight: sightOf(sighting, user ?? ''),
  };
}

function sightOf({ blind, replica }: Sighting, user: string): Sight {
  const missing = blind === 'no PROCESS privilege';
  const raise = (): string | null => {
    if (replica) return 'Read from the primary';
    if (missing) return `GRANT PROCESS ON *.* TO ${grantee(user)}`;
    return blind === null ? null : 'Let other programs read information_schema.INNODB_TRX less than ten times a second';
  };
  return { privilege: 'PROCESS', missing, raise: raise(), assumedMs, ...(blind !== null && !replica ? { uncommitted: true } : {}) };
}

function remarksOn({ blind, replica }: Sighting, user: string): readonly string[] {
  const remarks = [
    blind === 'no PROCESS privilege' &&
      `user ${user} cannot see open transactions, so a look-back of 60s (or \`lookback:\`) is assumed; ` +
        `GRANT PROCESS ON *.* TO ${grantee(user)} to see the oldest one`,
    blind === 'INNODB_TRX is out of date' &&
      'other programs read information_schema.INNODB_TRX so often that InnoDB never brings it up to date, so a look-back of 60s ' +
        '(or `lookback:`) is assumed; let them read it less than ten times a second, all together',
    replica &&
      'the server is read_only or a replica: transactions open on its primary are unseen, so a look-back of 60s (or `lookback:`) is assumed; ' +
        'give a `lookback:` longer than its lag, or read from the primary to see the oldest open transaction',
  ];
  return remarks.filter((remark) => remark !== false);
}

/** `me@%` → `'me'@'%'` */
function grantee(user: string): string {
  const at = user.lastIndexOf('@');
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  return `${quoted(user.slice(0, at))}@${quoted(user.slice(at + 1))}`;
}

/** `10.11.19-MariaDB-0+deb12u1` → `MariaDB 10.11.19` */
function printVersion(version: string): string {
  const product = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  const number = /^(?:5\.5\.5-)?(\d+)\.(\d+)(?:\.\d+)*/.exec(version);
  if (number === null) return `${product} ${version}`;
  const [major, minor] = oldest[product];
  const [found, ...rest] = [Number(number[1]), Number(number[2])];
  const printed = `${product} ${number[0].replace(/^5\.5\.5-/, '')}`;
  if (found < major || (found === major && (rest[0] ?? 0) < minor)) {
    throw new LiberateError('LIB214', `the server is ${printed}`, { cure: 'Use MariaDB 10.5 or MySQL 8, or later.' });
  }
  return printed;
}
