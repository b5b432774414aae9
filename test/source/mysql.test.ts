import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import type { Column, ColumnType } from '../../src/model/column.ts';
import { columnOf } from '../../src/source/mysql/describe.ts';
import { sortError } from '../../src/source/mysql/errors.ts';
import { nativeOf } from '../../src/source/mysql/field.ts';
import { flavourOf, literal } from '../../src/source/mysql/flavour.ts';
import { horizonOf, type Sighting } from '../../src/source/mysql/horizon.ts';
import { decoder } from '../../src/source/mysql/types.ts';
import { earliestLocal, stampText, zoneOf } from '../../src/source/mysql/zone.ts';

const micros = (instant: string): bigint => BigInt(Date.parse(instant)) * 1000n;
const column = (native: string, kind: ColumnType['kind'] = columnOf('k', native, false, true).type.kind): Column => ({
  name: 'c',
  type: { kind } as ColumnType,
  native,
  nullable: false,
});

describe('a zone of MySQL stamps', () => {
  it('tells the local time by name and by offset', () => {
    const at = micros('2026-07-01T10:00:00Z') + 123_456n;
    const local = (name: string): string => stampText(at + zoneOf(name)(at));
    expect(local('UTC')).toBe('2026-07-01 10:00:00.123456');
    expect(local('America/New_York')).toBe('2026-07-01 06:00:00.123456');
    expect(local('Asia/Kathmandu')).toBe('2026-07-01 15:45:00.123456');
    expect(local('-03:30')).toBe('2026-07-01 06:30:00.123456');
  });

  it('is refused with its name when there is none such', () => {
    expect(() => zoneOf('Europe/Atlantis')).toThrow(/Europe\/Atlantis/);
  });

  it('prints instants before 1970 to the microsecond', () => {
    expect(stampText(-1n)).toBe('1969-12-31 23:59:59.999999');
  });

  it('gives a lower bound of all later local times, also before the clock is set back', () => {
    const zone = zoneOf('America/New_York');
    const change = micros('2026-11-01T06:00:00Z');
    const minute = 60_000_000n;
    for (let before = -180n; before <= 180n; before += 7n) {
      const from = change + before * minute;
      const bound = earliestLocal(from, zone);
      for (let at = from; at < from + 240n * minute; at += 11n * minute) expect(bound).toBeLessThanOrEqual(at + zone(at));
      // And no lower than it must be.
      expect((from + zone(from) - bound) / minute).toBeLessThanOrEqual(60n);
    }
  });
});

describe('the MySQL flavour', () => {
  const flavour = flavourOf(zoneOf('America/New_York'));
  const mark = (text: string, native: string): string => flavour.bind({ kind: 'mark', text, column: column(native) }, 1);

  it.each([
    ['18446744073709551615', 'bigint(20) unsigned', '18446744073709551615'],
    ['00042', 'int(5) unsigned zerofill', '00042'],
    ['12.50', 'decimal(12,2)', '12.50'],
    ['0.1', 'double', '0.1e0'],
    ['1e300', 'double', '1e300'],
    ['2026-01-01 10:00:00.123456', 'datetime(6)', "TIMESTAMP'2026-01-01 10:00:00.123456'"],
    ['0000-00-00', 'date', "DATE'0000-00-00'"],
    ['-838:59:59.000000', 'time(6)', "TIME'-838:59:59.000000'"],
    ['00ff', 'varbinary(4)', "X'00ff'"],
    ['', 'varbinary(4)', "X''"],
    ['0100', 'bit(9)', '256'],
    ["it's ?", 'varchar(9)', "'it''s ?'"],
    ["it's", "enum('so so','it''s')", '2'],
    ['', "enum('so so','it''s')", '0'],
    ['x,z', "set('x','y','z')", '5'],
  ])('writes the mark %s of a %s as %s', (text, native, sql) => {
    expect(mark(text, native)).toBe(sql);
  });

  it('lets no mark out of its literal', () => {
    for (const native of ['int(11)', 'decimal(5,2)', 'double', 'date', 'time', 'datetime', 'varbinary(9)', 'bit(9)']) {
      expect(() => mark("1' OR 1=1 -- ", native), native).toThrow(LiberateError);
    }
    expect(literal("\\' OR 1=1 -- ")).toBe(`_utf8mb4 X'${Buffer.from("\\' OR 1=1 -- ").toString('hex')}'`);
  });

  it('compares an instant in UTC with a TIMESTAMP, and in the zone of the stamps with a DATETIME', () => {
    const at = micros('2026-07-01T02:00:00Z');
    const instant = (native: string, of = flavour): string =>
      of.bind({ kind: 'instant', micros: at, column: column(native), like: null }, 1);
    expect(instant('timestamp(6)')).toBe("TIMESTAMP'2026-07-01 02:00:00.000000'");
    expect(instant('datetime')).toBe("TIMESTAMP'2026-06-30 22:00:00.000000'");
    expect(instant('date')).toBe("DATE(TIMESTAMP'2026-06-30 22:00:00.000000')");
    expect(instant('datetime', flavourOf(null))).toContain('@@GLOBAL.time_zone');
    expect(() => instant('varchar(9)')).toThrow(/tells no time/);
  });

  it('knows no order of what the server compares in another way than it sorts', () => {
    const unordered = (native: string): unknown => columnOf('k', native, false, true).unordered;
    for (const native of ['json', 'enum', 'set', 'point', 'geometry']) expect(unordered(native), native).toBe(true);
    for (const native of ["enum('a')", 'bigint(20)', 'datetime(6)']) expect(unordered(native), native).toBeUndefined();
  });
});

describe('a FLOAT', () => {
  it('is printed by the shortest text that is the same float', () => {
    const shortest = decoder(column('float'));
    for (let round = 0; round < 3_000; round += 1) {
      const bits = new Uint32Array([(Math.random() * 2 ** 32) >>> 0]);
      const [float] = new Float32Array(bits.buffer) as unknown as readonly [number];
      if (!Number.isFinite(float)) continue;
      const text = shortest?.(String(float)) as string;
      expect(Math.fround(Number(text))).toBe(float);
      expect(Number(Number(text).toPrecision(9)), `${text} has at most 9 digits`).toBe(Number(text));
    }
  });
});

describe('the horizon of MySQL', () => {
  const now = 1_800_000_000_000_000n;
  const sighting = (part: Partial<Sighting>): Sighting => ({ now, replica: false, oldest: null, holder: null, blind: null, ...part });
  const seconds = (part: Partial<Sighting>, lookbackMs: number | null): readonly [number, string] => {
    const { floor, method } = horizonOf(sighting(part), lookbackMs);
    return [Number(now - floor) / 1e6, method];
  };

  it.each([
    [{}, null, 2, 'oldest open transaction'],
    [{ oldest: now - 10_000_000n }, null, 12, 'oldest open transaction'],
    [{ oldest: now + 10_000_000n }, null, 2, 'oldest open transaction'],
    [{ oldest: now - 10_000_000n }, 5_000, 12, 'oldest open transaction'],
    [{ oldest: now - 10_000_000n }, 30_000, 30, 'lookback 30s'],
    [{ blind: 'no PROCESS privilege' }, null, 60, 'lookback 1m, no PROCESS privilege'],
    [{ blind: 'no PROCESS privilege' }, 5_000, 5, 'lookback 5s, no PROCESS privilege'],
    [
      { blind: 'no PROCESS privilege', oldest: now - 100_000_000n },
      null,
      102,
      'oldest open transaction seen, lookback 1m, no PROCESS privilege at least',
    ],
    [{ replica: true }, null, 60, 'lookback 1m, on a replica'],
  ] as const)('of %o with lookback %o reaches back %d s: %s', (part, lookbackMs, reach, method) => {
    expect(seconds(part, lookbackMs)).toEqual([reach, method]);
  });

  it('names whose transaction it stands behind, and nobody where it reaches back further by itself', () => {
    const open = { oldest: now - 10_000_000n, holder: { name: 'connection 12', user: 'shop' } };
    expect(horizonOf(sighting(open), null).holder).toEqual({ name: 'connection 12', user: 'shop', since: now - 10_000_000n });
    expect(horizonOf(sighting(open), 30_000).holder).toBeUndefined();
    expect(horizonOf(sighting({}), null).holder).toBeUndefined();
  });

  it('says that transactions may be hidden where they cannot be seen, and not where a long look-back is wanted', () => {
    const hidden = (part: Partial<Sighting>, lookbackMs: number | null) => horizonOf(sighting(part), lookbackMs).hidden ?? false;
    expect([hidden({ blind: 'no PROCESS privilege' }, null), hidden({ replica: true }, 5_000)]).toEqual([true, true]);
    expect(hidden({ blind: 'no PROCESS privilege', oldest: now - 10_000_000n }, 500)).toBe(true);
    expect([hidden({}, null), hidden({}, 30_000)]).toEqual([false, false]);
  });
});

describe('the native type of a result column', () => {
  const field = { name: 'c', columnLength: 20, characterSet: 63, decimals: 0, flags: 0 };
  it.each([
    [{ columnType: 8, flags: 32 }, 'bigint unsigned'],
    [{ columnType: 3, flags: 64 }, 'int zerofill'],
    [{ columnType: 246, columnLength: 67, decimals: 30 }, 'decimal(65,30)'],
    [{ columnType: 246, columnLength: 5, decimals: 0 }, 'decimal(4,0)'],
    [{ columnType: 12, decimals: 6 }, 'datetime(6)'],
    [{ columnType: 7 }, 'timestamp'],
    [{ columnType: 16, columnLength: 1 }, 'bit(1)'],
    [{ columnType: 253 }, 'varbinary'],
    [{ columnType: 253, characterSet: 45 }, 'varchar'],
    [{ columnType: 252, characterSet: 45 }, 'longtext'],
    [{ columnType: 252 }, 'longblob'],
    [{ columnType: 254, characterSet: 45, flags: 256 }, 'enum'],
    [{ columnType: 254, characterSet: 45, extendedTypeName: 'uuid' }, 'uuid'],
    [{ columnType: 245 }, 'json'],
    [{ columnType: 254, columnLength: 0 }, 'text'],
  ])('of %o is %s', (part, native) => {
    expect(nativeOf({ ...field, ...part })).toBe(native);
  });
});

describe('a failure of mysql2 or the server', () => {
  const native = (part: object, message = 'words'): Error => Object.assign(new Error(message), part);
  it.each([
    [{ code: 'ECONNREFUSED', errno: -111 }, 'connecting', 'LIB201'],
    [{ code: 'ENOTFOUND' }, 'connecting', 'LIB201'],
    [{ code: 'ER_CON_COUNT_ERROR', errno: 1040 }, 'connecting', 'LIB201'],
    [{ name: 'KnexTimeoutError' }, 'connecting', 'LIB201'],
    [{ errno: 1045 }, 'connecting', 'LIB202'],
    [{ errno: 1049 }, 'connecting', 'LIB202'],
    [{ code: 'HANDSHAKE_SSL_ERROR' }, 'connecting', 'LIB202'],
    [{ errno: 1146 }, 'connected', 'LIB203'],
    [{ errno: 1054 }, 'connected', 'LIB204'],
    [{ errno: 1064 }, 'connected', 'LIB207'],
    [{ errno: 1969 }, 'connected', 'LIB209'],
    [{ errno: 3024 }, 'connected', 'LIB209'],
    [{ errno: 1317 }, 'connected', 'LIB210'],
    [{ errno: 1053 }, 'connecting', 'LIB201'],
    [{ code: 'PROTOCOL_CONNECTION_LOST' }, 'connected', 'LIB210'],
    [{ code: 'ECONNRESET', errno: -104 }, 'connected', 'LIB210'],
    [{ errno: 1142 }, 'connected', 'LIB213'],
    [{ errno: 1227 }, 'connected', 'LIB213'],
  ] as const)('%o while %s is %s', (part, phase, code) => {
    expect(sortError(native(part), phase, []).code).toBe(code);
  });

  it('is told without the password', () => {
    expect(sortError(native({ errno: 1064 }, "near 'hunter2'"), 'connected', ['hunter2']).message).toBe("near '***'");
  });

  it('to reach a name with several addresses tells each of them', () => {
    const each = [new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')];
    const error = sortError(Object.assign(new AggregateError(each), { code: 'ECONNREFUSED' }), 'connecting', []);
    expect(error.code).toBe('LIB201');
    expect(error.message).toContain('127.0.0.1:1');
  });
});
