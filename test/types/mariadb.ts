import { quoted, same, type TypeCase, text } from './type-case.ts';

const awkward = [
  "''",
  "'a'",
  "'A'",
  "' b'",
  "'a,b'",
  "'it''s'",
  '\'"q"\'',
  "'back\\\\slash'",
  "'żółć'",
  "'🦊'",
  "'line\\nbreak'",
  "'?'",
  "'%_'",
  "':since'",
];

const numbers: readonly TypeCase[] = [
  { type: 'tinyint', kind: 'integer', samples: [same('-128'), same('127')] },
  { type: 'tinyint(1)', kind: 'integer', samples: [same('2'), same('0')] },
  { type: 'boolean', kind: 'integer', samples: [['true', '1']] },
  { type: 'tinyint unsigned', kind: 'integer', samples: [same('255')] },
  { type: 'smallint', kind: 'integer', samples: [same('-32768'), same('32767')] },
  { type: 'mediumint', kind: 'integer', samples: [same('-8388608')] },
  { type: 'int', kind: 'integer', samples: [same('-2147483648'), same('2147483647')] },
  { type: 'int unsigned', kind: 'integer', samples: [same('4294967295')] },
  {
    type: 'int(8) zerofill',
    kind: 'integer',
    samples: [same('42'), same('0'), same('4294967295')],
    ordered: ['7', '0', '4294967295'],
  },
  {
    type: 'bigint',
    kind: 'integer',
    samples: [same('-9223372036854775808'), same('9223372036854775807'), same('9007199254740993')],
    ordered: ['0', '-1', '-9223372036854775808', '9223372036854775807', '9007199254740993', '9007199254740992'],
  },
  {
    type: 'bigint unsigned',
    kind: 'integer',
    samples: [same('18446744073709551615')],
    ordered: ['0', '18446744073709551615', '18446744073709551614', '9223372036854775808'],
  },
  { type: 'year', kind: 'integer', samples: [same('2026'), ['0000', '0'], same('1901'), same('2155')] },
  {
    type: 'decimal(65,30)',
    kind: 'decimal',
    samples: [
      same('-12345678901234567890123456789012345.123456789012345678901234567891'),
      same('99999999999999999999999999999999999.999999999999999999999999999999'),
      ['0.1', '0.100000000000000000000000000000'],
    ],
    ordered: ['1', '1.000000000000000000000000000001', '-5', '12345678901234567890123456789012345.5'],
  },
  { type: 'decimal(12,2)', kind: 'decimal', samples: [['12.5', '12.50']] },
  { type: 'decimal(65,0)', kind: 'decimal', samples: [same('-12345678901234567890123456789012345678901234567890123456789012345')] },
  {
    type: 'decimal(8,2) zerofill',
    kind: 'decimal',
    samples: [
      ['12.5', '12.50'],
      ['0', '0.00'],
    ],
  },
  {
    type: 'float',
    kind: 'float',
    samples: [
      same('0.1'),
      ['16777217', '16777216'],
      ['3.14159274', '3.1415927'],
      ['1e30', '1e+30'],
      ['1.17549435e-38', '1.1754944e-38'],
      ['3.402823466e38', '3.4028235e+38'],
    ],
    ordered: ['0.1', '0.2', '-1e30', '16777216', '3.14159274'],
  },
  { type: 'float(10,2)', kind: 'float', samples: [same('0.1')] },
  {
    type: 'double',
    kind: 'float',
    samples: [['0.1e0 + 0.2e0', '0.30000000000000004'], same('1.7976931348623157e308'), ['-0.000001e0', '-0.000001'], ['5e-324', '5e-324']],
    ordered: ['0.1', '0.1e0 + 0.2e0', '0.3', '-1e300', '5'],
  },
  { type: 'double(20,3) unsigned', kind: 'float', samples: [['12.5', '12.500']] },
];

const texts: readonly TypeCase[] = [
  {
    type: 'text',
    kind: 'text',
    samples: [
      text("_utf8mb4'żółć 🦊 \\\\ '' \" ? :since \\n \\Z'", 'żółć 🦊 \\ \' " ? :since \n \x1a'),
      quoted(''),
      text("CONCAT(REPEAT('x', 5000), '\\n')", `${'x'.repeat(5000)}\n`),
    ],
  },
  { type: 'tinytext', kind: 'text', samples: [quoted('a')], ordered: ["'b'", "'a'"] },
  { type: 'mediumtext', kind: 'text', samples: [quoted('a')], ordered: ["'b'", "'a'"] },
  { type: 'longtext', kind: 'text', samples: [quoted('{}')], ordered: ["'b'", "'a'"] },
  { type: 'varchar(20) COLLATE utf8mb4_bin', kind: 'text', samples: [quoted('a ')], ordered: awkward },
  {
    type: 'varchar(20) COLLATE utf8mb4_general_ci',
    kind: 'text',
    samples: [quoted('A')],
    ordered: awkward.filter((one) => one !== "'A'"),
  },
  { type: 'varchar(20) COLLATE utf8mb4_nopad_bin', kind: 'text', samples: [quoted('a ')], ordered: [...awkward, "'a '", "'a\\t'"] },
  { type: 'varchar(20) CHARACTER SET latin1', kind: 'text', samples: [quoted('café')], ordered: ["'é'", "'z'", "'b'", "'ø'"] },
  { type: 'varchar(20) CHARACTER SET ucs2', kind: 'text', samples: [quoted('żółć')], ordered: ["'ż'", "'a'"] },
  { type: 'varchar(20) CHARACTER SET utf16', kind: 'text', samples: [quoted('🦊')], ordered: ["'ż'", "'a'"] },
  { type: 'char(20) COLLATE utf8mb4_bin', kind: 'text', samples: [text("'ab  '", 'ab')], ordered: awkward },
  {
    type: "enum('so so','it''s','a,b','bad','')",
    kind: 'text',
    samples: [text("'it''s'", "it's"), quoted('a,b'), quoted('')],
    ordered: ["'bad'", "'it''s'", "'so so'", "'a,b'"],
  },
  {
    type: "set('z','y','x')",
    kind: 'text',
    samples: [text("'x,z'", 'z,x'), quoted('')],
    ordered: ["'x'", "'z'", "'z,x'", "''", "'y'"],
  },
  {
    type: 'json',
    kind: 'json',
    samples: [
      [
        '\'{"a": 1,  "n": 1234567890123456789, "m": 12345678901234567890.10}\'',
        '{"a": 1,  "n": 1234567890123456789, "m": 12345678901234567890.10}',
      ],
      ["'[1,\\n\\t2]'", '[1, \t2]', '[1,\n\t2]'],
      ["'null'", 'null'],
    ],
    ordered: ["'1'", "'[]'", "'null'"],
  },
  {
    type: 'uuid',
    kind: 'uuid',
    samples: [text("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')],
    ordered: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'", "'b0eebc99-9c0b-1ef8-8b6d-6bb9bd380a11'"],
  },
  { type: 'inet4', kind: 'text', samples: [quoted('10.0.0.1')], ordered: ["'10.0.0.1'", "'9.0.0.1'", "'255.255.255.255'"] },
  { type: 'inet6', kind: 'text', samples: [quoted('::1'), quoted('::ffff:10.0.0.1')], ordered: ["'::1'", "'10.0.0.1'", "'2001:db8::1'"] },
];

const bytes: readonly TypeCase[] = [
  {
    type: 'bit(1)',
    kind: 'boolean',
    samples: [
      ["b'1'", 'true'],
      ["b'0'", 'false'],
    ],
  },
  {
    type: 'bit(9)',
    kind: 'bytes',
    samples: [["b'100000001'", '"AQE="']],
    ordered: ["b'100000000'", "b'1'", "b'0'", "b'11111111'"],
  },
  {
    type: 'bit(64)',
    kind: 'bytes',
    samples: [
      ["b'1'", '"AAAAAAAAAAE="'],
      ['18446744073709551615', '"//////////8="'],
    ],
  },
  {
    type: 'binary(4)',
    kind: 'bytes',
    samples: [
      ["X'00FF5C27'", '"AP9cJw=="'],
      ["X'61'", '"YQAAAA=="'],
    ],
  },
  {
    type: 'varbinary(10)',
    kind: 'bytes',
    samples: [
      ["X''", '""'],
      ["X'00FF5C27'", '"AP9cJw=="'],
    ],
    ordered: ["X'00'", "X''", "X'FF00'", "X'5C27'"],
  },
  {
    type: 'char(2) CHARACTER SET binary',
    kind: 'bytes',
    samples: [
      ["X'FF00'", '"/wA="'],
      ["X'0000'", '"AAA="'],
    ],
  },
  ...['tinyblob', 'blob', 'mediumblob', 'longblob'].map(
    (type): TypeCase => ({
      type,
      kind: 'bytes',
      samples: [
        ["X'00FF5C27'", '"AP9cJw=="'],
        ["X''", '""'],
      ],
    }),
  ),
  ...(
    [
      ['geometry', "ST_GeomFromText('POINT(1 2)', 4326)", '"5hAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="'],
      ['point', "ST_GeomFromText('POINT(1 2)')", '"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="'],
      ['linestring', "ST_GeomFromText('LINESTRING(0 0,1 2)')", '"AAAAAAECAAAAAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADwPwAAAAAAAABA"'],
      [
        'polygon',
        "ST_GeomFromText('POLYGON((0 0,1 0,0 1,0 0))')",
        '"AAAAAAEDAAAAAQAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8D8AAAAAAAAAAAAAAAAAAAAAAAAAAAAA8D8AAAAAAAAAAAAAAAAAAAAA"',
      ],
      ['multipoint', "ST_GeomFromText('MULTIPOINT(0 0)')", '"AAAAAAEEAAAAAQAAAAEBAAAAAAAAAAAAAAAAAAAAAAAAAA=="'],
      [
        'multilinestring',
        "ST_GeomFromText('MULTILINESTRING((0 0,1 2))')",
        '"AAAAAAEFAAAAAQAAAAECAAAAAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADwPwAAAAAAAABA"',
      ],
      [
        'multipolygon',
        "ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,0 1,0 0)))')",
        '"AAAAAAEGAAAAAQAAAAEDAAAAAQAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8D8AAAAAAAAAAAAAAAAAAAAAAAAAAAAA8D8AAAAAAAAAAAAAAAAAAAAA"',
      ],
      ['geometrycollection', "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))')", '"AAAAAAEHAAAAAQAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="'],
    ] as const
  ).map(([type, sql, json]): TypeCase => ({ type, kind: 'bytes', samples: [[sql, json]], ordered: false })),
];

const times: readonly TypeCase[] = [
  {
    type: 'date',
    kind: 'date',
    samples: ['2026-02-28', '0000-00-00', '2026-00-10', '0001-01-01', '9999-12-31'].map(quoted),
    ordered: ["'2026-01-01'", "'0000-00-00'", "'1969-12-31'", "'9999-12-31'"],
  },
  { type: 'time', kind: 'time', samples: [quoted('-838:59:59'), quoted('25:00:00')] },
  {
    type: 'time(6)',
    kind: 'time',
    samples: [quoted('25:01:02.000003'), quoted('838:59:59.999999'), quoted('-00:00:00.000001')],
    ordered: ["'-838:59:59'", "'838:59:59.999999'", "'00:00:00'", "'-00:00:00.000001'"],
  },
  {
    type: 'datetime',
    kind: 'timestamp',
    samples: [text("'2026-01-01 10:00:00'", '2026-01-01T10:00:00'), quoted('2026-00-10 01:02:03'), quoted('0000-00-00 00:00:00')],
  },
  {
    type: 'datetime(6)',
    kind: 'timestamp',
    samples: [
      text("'9999-12-31 23:59:59.999999'", '9999-12-31T23:59:59.999999'),
      text("'0001-01-01'", '0001-01-01T00:00:00.000000'),
      text("'0000-01-01'", '0000-01-01T00:00:00.000000'),
      text("'2026-03-29 02:30:00'", '2026-03-29T02:30:00.000000'),
    ],
    ordered: ["'2026-01-01 00:00:00.000001'", "'2026-01-01'", "'0000-00-00'", "'2026-00-00'"],
  },
  { type: 'datetime(3)', kind: 'timestamp', samples: [quoted('0000-00-00 00:00:00.000')], ordered: ["'2026-01-01'", "'0000-00-00'"] },
  {
    type: 'timestamp NULL',
    kind: 'timestamptz',
    samples: [text("'2026-07-01 10:00:00'", '2026-07-01T10:00:00Z'), text("'1970-01-01 00:00:01'", '1970-01-01T00:00:01Z')],
  },
  {
    type: 'timestamp(6) NULL',
    kind: 'timestamptz',
    samples: [text("'2038-01-19 03:14:07.999999'", '2038-01-19T03:14:07.999999Z'), quoted('0000-00-00 00:00:00.000000')],
    ordered: ["'2026-01-01 00:00:00.000001'", "'2026-01-01'", "'0000-00-00'", "'2038-01-19 03:14:07.999999'"],
  },
];

export const mariadbCases: readonly TypeCase[] = [...numbers, ...texts, ...bytes, ...times];
