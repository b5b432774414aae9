import { type Sample, type TypeCase, text } from './type-case.ts';

const dynamic = (type: string, samples: readonly Sample[], ordered?: readonly string[]): TypeCase => ({
  type,
  kind: 'dynamic',
  samples,
  ...(ordered === undefined ? {} : { ordered }),
});

const whole = (value: bigint, sql = String(value)): Sample => [sql, String(value), value];
const real = (value: number, sql = String(value)): Sample => [sql, String(value), value];
const string = (value: string, sql = `'${value}'`): Sample => [...text(sql, value), value] as unknown as Sample;
const blob = (hex: string, json: string): Sample => [`X'${hex}'`, json, Buffer.from(hex, 'hex')];

/** The declared type changes what is stored (its affinity); what is stored is what is published. */
export const sqliteCases: readonly TypeCase[] = [
  dynamic(
    'INTEGER',
    [
      whole(-9223372036854775808n),
      whole(9223372036854775807n),
      whole(9007199254740993n),
      whole(12n, "'12'"),
      string('twelve'),
      real(1.5),
      blob('00FF5C27', '"AP9cJw=="'),
    ],
    ['5', '-9223372036854775808', '9223372036854775807', '9007199254740993', '9007199254740992', '0'],
  ),
  dynamic('BIGINT', [real(9223372036854775808, '9223372036854775808')]),
  dynamic('BOOLEAN', [whole(1n, 'true'), whole(0n, 'false'), string('yes')]),
  dynamic(
    'REAL',
    [
      real(5),
      real(0.1 + 0.2, '0.1 + 0.2'),
      ['9e999', '"Infinity"', Number.POSITIVE_INFINITY],
      ['-9e999', '"-Infinity"', Number.NEGATIVE_INFINITY],
      real(5e-324),
      real(1.7976931348623157e308),
    ],
    ['0.1', '-1e300', '5e-324', '0', '1e300', '9007199254740993', '-9e999', '9e999'],
  ),
  dynamic(
    'NUMERIC',
    [whole(2n, '2.0'), real(1.5, "'1.5'"), string('x'), real(1e20, '100000000000000000000')],
    ['1.5', '2', '-3', "'x'", "X'00'", '1e20'],
  ),
  dynamic('DECIMAL(10,2)', [real(12.5, '12.50'), real(0.1, "'0.10'")]),
  dynamic(
    'TEXT',
    [
      string('12.5', '12.50'),
      string('12.50'),
      string('żółć 🦊 \\ \' " \n\x01', "'żółć 🦊 \\ '' \" ' || char(10, 1)"),
      string('a\0b', "'a' || char(0) || 'b'"),
      string(''),
      string('\ufffd', 'char(65533)'),
    ],
    ["'b'", "'a'", "''", "'A'", "'10'", "'9'", "'it''s'", "'ż'", "'🦊'", 'char(65533)', "'a' || char(0)"],
  ),
  dynamic('TEXT COLLATE NOCASE', [string('Ab')], ["'b'", "'A'", "'C'", "'d'"]),
  dynamic('VARCHAR(2)', [string('longer')]),
  dynamic(
    'BLOB',
    [blob('00FF5C27', '"AP9cJw=="'), blob('', '""'), string('5'), whole(5n)],
    ["X'00'", "X''", "X'FF'", "X'00FF'", "'5'", '5', '5.5'],
  ),
  dynamic('', [whole(5n), string('5'), real(4.5), blob('35', '"NQ=="')], ['5', "'5'", "X'35'", '4.5', "'x'"]),
  dynamic(
    'TIMESTAMP',
    [
      string('2026-01-01 10:00:00.123457'),
      string('0001-01-01T00:00:00Z'),
      whole(1767225600n),
      whole(1767225600123456n),
      real(2461041.9166666665),
    ],
    ["'2026-01-01 00:00:00'", "'2026-01-01 00:00:00.5'", '1767225600', '2461041.5'],
  ),
  dynamic('DATE', [string('2026-02-28'), whole(20260228n), real(2461041.5)]),
  dynamic('JSON', [string('{"a": 1234567890123456789}'), whole(1n, "'1'")]),
];
