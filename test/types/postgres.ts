import { quoted, same, type TypeCase, text } from './type-case.ts';

/** Types that are made for the cases below. */
export const postgresTypes = `
  CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree;
  CREATE TYPE mood AS ENUM ('so so', 'fine', 'bad');
  CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
  CREATE DOMAIN moment AS timestamptz(3);
  CREATE DOMAIN numbers AS integer[];
  CREATE TYPE pair AS (a integer, b text);
  CREATE TYPE floatrange AS RANGE (subtype = float8);
`;

const awkward = [
  "''",
  "'a'",
  "'A'",
  "' a'",
  "'a,b'",
  "'it''s'",
  '\'"q"\'',
  "E'back\\\\slash'",
  "'żółć'",
  "'🦊'",
  "E'line\\nbreak'",
  "'(x)'",
  "'%_'",
  "'$1'",
];

const numbers: readonly TypeCase[] = [
  { type: 'boolean', kind: 'boolean', samples: [same('true'), same('false')] },
  { type: 'smallint', kind: 'integer', samples: [same('-32768'), same('32767'), same('0')] },
  { type: 'integer', kind: 'integer', samples: [same('-2147483648'), same('2147483647')] },
  {
    type: 'bigint',
    kind: 'integer',
    samples: [['-9223372036854775808', '-9223372036854775808'], same('9223372036854775807'), same('9007199254740993')],
    ordered: ['0', '-1', "'-9223372036854775808'", '9223372036854775807', '9007199254740993', '9007199254740992'],
  },
  { type: 'oid', kind: 'integer', samples: [same('4294967295')], ordered: ['4294967295', '0', '2147483648'] },
  {
    type: 'xid8',
    kind: 'integer',
    samples: [
      ["'18446744073709551615'", '18446744073709551615'],
      ["'3'", '3'],
    ],
  },
  {
    type: 'numeric',
    kind: 'decimal',
    samples: [
      same('12345678901234567890.123456789012345678901'),
      same('0.10'),
      same('-0.00000000000000000000000000000000000000000000001'),
      same('15000000000000000000000000000000000000000.00000'),
      text("'NaN'", 'NaN'),
      text("'Infinity'", 'Infinity'),
      text("'-Infinity'", '-Infinity'),
    ],
    ordered: ['1', '1.00000000000000000001', '-5', "'NaN'", "'Infinity'", "'-Infinity'", '12345678901234567890.5'],
  },
  { type: 'numeric(10,2)', kind: 'decimal', samples: [['12.5', '12.50'], text("'NaN'", 'NaN')], ordered: ['1', '1.01', '-5'] },
  { type: 'numeric(3,-2)', kind: 'decimal', samples: [['12345', '12300']], ordered: ['100', '200'] },
  {
    type: 'real',
    kind: 'float',
    samples: [same('0.1'), ["'1e-45'", '1e-45'], ["'3.4028235e38'", '3.4028235e+38'], text("'NaN'", 'NaN'), ["'-0'", '-0']],
    ordered: ['0.1', '0.2', '-1e30', "'Infinity'", "'NaN'"],
  },
  {
    type: 'double precision',
    kind: 'float',
    samples: [
      ['0.1::float8 + 0.2::float8', '0.30000000000000004'],
      ["'5e-324'", '5e-324'],
      ["'1.7976931348623157e308'", '1.7976931348623157e+308'],
      text("'NaN'", 'NaN'),
      text("'Infinity'", 'Infinity'),
      text("'-Infinity'", '-Infinity'),
    ],
    ordered: ['0.1', '0.1::float8 + 0.2::float8', '0.3', '-1e300', "'-Infinity'", "'NaN'"],
  },
  { type: 'money', kind: 'text', samples: [text("'-12.34'", '-$12.34'), text("'92233720368547758.07'", '$92,233,720,368,547,758.07')] },
];

const texts: readonly TypeCase[] = [
  {
    type: 'text',
    kind: 'text',
    samples: [
      text("E'żółć 🦊 \\\\ '' \" \\n \\x01'", 'żółć 🦊 \\ \' " \n \x01'),
      quoted(''),
      text("repeat('x', 5000) || E'\\n'", `${'x'.repeat(5000)}\n`),
      text("U&'\\2028\\FFFD\\FEFF'", '\u2028\ufffd\ufeff'),
    ],
    ordered: awkward,
  },
  { type: 'text COLLATE "C"', kind: 'text', samples: [quoted('a')], ordered: awkward },
  { type: 'varchar(20)', kind: 'text', samples: [quoted('ab')], ordered: awkward },
  { type: 'char(20)', kind: 'text', samples: [text("'ab'", 'ab                  ')], ordered: awkward },
  { type: '"char"', kind: 'text', samples: [quoted('x')], ordered: ["'x'", "'a'"] },
  { type: 'name', kind: 'text', samples: [quoted('a "name"')], ordered: ["'b'", "'a'", "'B'"] },
  { type: 'citext', kind: 'text', samples: [quoted('Ab')], ordered: ["'b'", "'A'", "'C'"] },
  { type: 'xml', kind: 'text', samples: [text('\'<a b="1">x</a>\'', '<a b="1">x</a>')], ordered: false },
  {
    type: 'uuid',
    kind: 'uuid',
    samples: [text("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')],
    ordered: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  },
  {
    type: 'json',
    kind: 'json',
    samples: [
      ['\'{"a": 1,  "a": 1234567890123456789}\'', '{"a": 1,  "a": 1234567890123456789}'],
      ['E\'{"a":\\n [1.10]}\'', '{"a":  [1.10]}', '{"a":\n [1.10]}'],
      ["'null'", 'null'],
    ],
    ordered: false,
  },
  {
    type: 'jsonb',
    kind: 'json',
    samples: [
      ['\'{"n": 9223372036854775807, "m": -1234567890123456789}\'', '{"m": -1234567890123456789, "n": 9223372036854775807}'],
      ["'[12345678901234567890.10, 1e3]'", '[12345678901234567890.10, 1000]'],
      ['\'"żółć \\u001f \\" 🦊"\'', '"żółć \\u001f \\" 🦊"'],
    ],
    ordered: ["'1'", '\'"a"\'', "'[]'", '\'{"a": 1}\'', "'true'"],
  },
  { type: 'jsonpath', kind: 'text', samples: [text("'$.a[*]'", '$."a"[*]')], ordered: false },
  {
    type: 'bytea',
    kind: 'bytes',
    samples: [
      ["'\\x00ff5c27'", '"AP9cJw=="'],
      ["''", '""'],
    ],
    ordered: ["'\\x00'", "'\\x'", "'\\xff00'", "'\\x5c27'"],
  },
  { type: 'bit(3)', kind: 'text', samples: [text("B'101'", '101')], ordered: ["B'101'", "B'011'"] },
  { type: 'bit varying', kind: 'text', samples: [text("B''", ''), text("B'0110'", '0110')] },
  { type: 'tsvector', kind: 'text', samples: [text("'b a:1A'", "'a':1A 'b'")], ordered: ["'a'", "'b a'"] },
  { type: 'tsquery', kind: 'text', samples: [text("'a & !b'", "'a' & !'b'")], ordered: ["'a'", "'b & a'"] },
  {
    type: 'hstore',
    kind: 'text',
    samples: [text('\'b=>NULL, "a"=>"x \\"y"\'', '"a"=>"x \\"y", "b"=>NULL')],
    ordered: false,
  },
  { type: 'ltree', kind: 'text', samples: [quoted('Top.a_1')], ordered: ["'b'", "'a.b'", "'a'"] },
];

const times: readonly TypeCase[] = [
  {
    type: 'date',
    kind: 'date',
    samples: ['2026-02-28', '0001-01-01', '9999-12-31', 'infinity', '-infinity', '0044-03-15 BC', '4714-11-24 BC', '5874897-12-31'].map(
      quoted,
    ),
    ordered: ["'2026-01-01'", "'-infinity'", "'infinity'", "'0044-03-15 BC'", "'1969-12-31'", "'12026-01-01'"],
  },
  { type: 'time', kind: 'time', samples: [quoted('24:00:00'), quoted('01:02:03.000004'), text("'23:59:59.5'", '23:59:59.5')] },
  {
    type: 'timetz',
    kind: 'time',
    samples: [quoted('01:02:03.5+05:30'), text("'00:00:00-15:59:59'", '00:00:00-15:59:59'), quoted('24:00:00+00')],
  },
  {
    type: 'timestamp',
    kind: 'timestamp',
    samples: [
      text("'2026-01-01 10:00:00.123457'", '2026-01-01T10:00:00.123457'),
      text("'0001-01-01 00:00:00'", '0001-01-01T00:00:00'),
      text("'9999-12-31 23:59:59.999999'", '9999-12-31T23:59:59.999999'),
      text("'10000-01-01 00:00:00'", '10000-01-01T00:00:00'),
      text("'294276-12-31 23:59:59.999999'", '294276-12-31T23:59:59.999999'),
      quoted('infinity'),
      quoted('-infinity'),
      quoted('0044-03-15 12:00:00 BC'),
    ],
    ordered: [
      "'2026-01-01 00:00:00.000001'",
      "'2026-01-01'",
      "'infinity'",
      "'-infinity'",
      "'0044-03-15 BC'",
      "'1969-12-31 23:59:59.999999'",
    ],
  },
  {
    type: 'timestamp(0)',
    kind: 'timestamp',
    samples: [text("'2026-01-01 10:00:00.6'", '2026-01-01T10:00:01')],
    ordered: ["'2026-01-01 00:00:01'", "'2026-01-01'"],
  },
  {
    type: 'timestamptz',
    kind: 'timestamptz',
    samples: [
      text("'2026-01-01 10:00:00.5+02'", '2026-01-01T08:00:00.5Z'),
      text("'2026-10-25 02:30:00+02'", '2026-10-25T00:30:00Z'),
      text("'2026-10-25 02:30:00+01'", '2026-10-25T01:30:00Z'),
      text("'1850-01-01 00:00:00 Europe/Berlin'", '1849-12-31T23:06:32Z'),
      text("'0001-01-01 00:00:00+00'", '0001-01-01T00:00:00Z'),
      text("'294276-12-31 23:59:59.999999+00'", '294276-12-31T23:59:59.999999Z'),
      quoted('infinity'),
      quoted('-infinity'),
      quoted('0044-03-15 12:00:00+00 BC'),
    ],
    ordered: [
      "'2026-01-01 00:00:00.000001+00'",
      "'2026-01-01 00:00:00+00'",
      "'0044-03-15 00:00:00+00 BC'",
      "'infinity'",
      "'-infinity'",
      "'2026-10-25 02:30:00+02'",
      "'2026-10-25 02:30:00+01'",
    ],
  },
  {
    type: 'interval',
    kind: 'interval',
    samples: [
      text("'1 year 2 months -3 days 04:05:06.000007'", 'P1Y2M-3DT4H5M6.000007S'),
      text("'0'", 'PT0S'),
      text("'-178000000 years'", 'P-178000000Y'),
      text("'-1.5 seconds'", 'PT-1.5S'),
    ],
    ordered: ["'1 day'", "'25 hours'", "'-1 month 3 days'", "'1.000001 seconds'"],
  },
  { type: 'interval day to second', kind: 'interval', samples: [text("'1 02:03:04'", 'P1DT2H3M4S')], ordered: ["'1 day'", "'2 days'"] },
];

const places: readonly TypeCase[] = [
  {
    type: 'inet',
    kind: 'text',
    samples: ['10.0.0.0/8', '::1', '2001:db8::/32'].map(quoted),
    ordered: ["'10.0.0.1'", "'10.0.0.0/8'", "'::1'"],
  },
  { type: 'cidr', kind: 'text', samples: [quoted('192.168.0.0/24')], ordered: ["'10.0.0.0/8'", "'192.168.0.0/24'"] },
  { type: 'macaddr', kind: 'text', samples: [text("'08002B010203'", '08:00:2b:01:02:03')] },
  { type: 'macaddr8', kind: 'text', samples: [quoted('08:00:2b:01:02:03:04:05')] },
  { type: 'point', kind: 'text', samples: [quoted('(1,2.5)')], ordered: false },
  { type: 'line', kind: 'text', samples: [quoted('{1,2,3}')], ordered: false },
  { type: 'lseg', kind: 'text', samples: [quoted('[(1,2),(3,4)]')], ordered: false },
  { type: 'box', kind: 'text', samples: [quoted('(3,4),(1,2)')], ordered: false },
  { type: 'path', kind: 'text', samples: [quoted('((1,2),(3,4))')], ordered: false },
  { type: 'polygon', kind: 'text', samples: [quoted('((1,2),(3,4),(5,6))')], ordered: false },
  { type: 'circle', kind: 'text', samples: [quoted('<(1,2),3>')], ordered: false },
];

const made: readonly TypeCase[] = [
  { type: 'mood', made: 'an enum', kind: 'text', samples: [quoted('so so')], ordered: ["'bad'", "'so so'", "'fine'"] },
  { type: 'positive', made: 'a domain over `integer`', kind: 'integer', samples: [same('7')], ordered: ['2', '1', '3'] },
  {
    type: 'moment',
    made: 'a domain over `timestamptz(3)`',
    kind: 'timestamptz',
    samples: [text("'2026-01-01 10:00:00.0006+00'", '2026-01-01T10:00:00.001Z')],
    ordered: ["'2026-01-01 00:00:00.001+00'", "'2026-01-01 00:00:00+00'"],
  },
  {
    type: 'pair',
    made: 'a composite',
    kind: 'text',
    samples: [text("ROW(1, 'a b')", '(1,"a b")')],
    ordered: false,
  },
  { type: 'int4range', kind: 'text', samples: [text("'[1,5]'", '[1,6)'), quoted('empty'), quoted('(,)')] },
  { type: 'int8range', kind: 'text', samples: [text("'[9007199254740993,]'", '[9007199254740993,)')] },
  { type: 'numrange', kind: 'text', samples: [quoted('(0.10,1.5]')] },
  { type: 'daterange', kind: 'text', samples: [text("'[2026-01-01,infinity]'", '[2026-01-01,infinity]')] },
  { type: 'tsrange', kind: 'text', samples: [text("'[2026-01-01 10:00,]'", '["2026-01-01 10:00:00",)')] },
  { type: 'tstzrange', kind: 'text', samples: [text("'[2026-01-01 10:00+02,infinity)'", '["2026-01-01 08:00:00+00",infinity)')] },
  { type: 'floatrange', made: 'a range type', kind: 'text', samples: [quoted('[0.1,0.3)')] },
  { type: 'int4multirange', kind: 'text', samples: [text("'{[1,2],[5,6)}'", '{[1,3),[5,6)}')] },
  { type: 'int8multirange', kind: 'text', samples: [quoted('{}')] },
  { type: 'nummultirange', kind: 'text', samples: [quoted('{(0.10,1.5]}')] },
  { type: 'datemultirange', kind: 'text', samples: [quoted('{[2026-01-01,2026-02-01)}')] },
  { type: 'tsmultirange', kind: 'text', samples: [text("'{[2026-01-01,]}'", '{["2026-01-01 00:00:00",)}')] },
  { type: 'tstzmultirange', kind: 'text', samples: [text("'{[2026-01-01 00:00+02,]}'", '{["2025-12-31 22:00:00+00",)}')] },
];

const arrays: readonly TypeCase[] = [
  { type: 'bigint[]', kind: 'array', samples: [["'{1,NULL,-9223372036854775808}'", '[1,null,-9223372036854775808]']] },
  { type: 'integer[][]', kind: 'array', samples: [["'{{1,2},{3,4}}'", '[[1,2],[3,4]]']] },
  {
    type: 'integer[]',
    kind: 'array',
    samples: [
      ["'[0:2]={7,8,9}'", '[7,8,9]'],
      ["'{}'", '[]'],
    ],
    ordered: ["'{1,2}'", "'{}'", "'{1,NULL}'"],
  },
  { type: 'numeric[]', kind: 'array', samples: [["'{12.50,NaN,-Infinity}'", '[12.50,"NaN","-Infinity"]']] },
  { type: 'double precision[]', kind: 'array', samples: [["'{0.1,5e-324,NaN}'", '[0.1,5e-324,"NaN"]']] },
  { type: 'boolean[]', kind: 'array', samples: [["'{t,f,NULL}'", '[true,false,null]']] },
  {
    type: 'text[]',
    kind: 'array',
    samples: [
      [
        "ARRAY['a', 'NULL', NULL, '', 'a,b', '{x}', 'q\"q', 'b\\b', ' s ', E'\\n', 'żółć']",
        JSON.stringify(['a', 'NULL', null, '', 'a,b', '{x}', 'q"q', 'b\\b', ' s ', '\n', 'żółć']),
      ],
    ],
  },
  { type: 'mood[]', made: 'of an enum', kind: 'array', samples: [['\'{"so so",fine}\'', '["so so","fine"]']] },
  { type: 'positive[]', made: 'of a domain', kind: 'array', samples: [["'{1,2}'", '[1,2]']] },
  { type: 'numbers', made: 'a domain over `integer[]`', kind: 'array', element: 'integer', samples: [["'{1,2}'", '[1,2]']] },
  { type: 'uuid[]', kind: 'array', samples: [["'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'", '["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]']] },
  { type: 'date[]', kind: 'array', samples: [["'{2026-02-28,infinity,0044-03-15 BC}'", '["2026-02-28","infinity","0044-03-15 BC"]']] },
  { type: 'timestamp[]', kind: 'array', samples: [['\'{"2026-01-01 10:00:00"}\'', '["2026-01-01T10:00:00"]']] },
  {
    type: 'timestamptz[]',
    kind: 'array',
    samples: [['\'{"2026-01-01 10:00:00.5+02",infinity}\'', '["2026-01-01T08:00:00.5Z","infinity"]']],
  },
  { type: 'interval[]', kind: 'array', samples: [["'{1 day,-2 hours}'", '["P1D","PT-2H"]']] },
  {
    type: 'jsonb[]',
    kind: 'array',
    samples: [['ARRAY[\'{"a": "x\\"y"}\', \'1234567890123456789\']::jsonb[]', '[{"a": "x\\"y"},1234567890123456789]']],
  },
  { type: 'json[]', kind: 'array', samples: [["ARRAY[E'[1,\\n2]']::json[]", '[[1, 2]]', '[[1,\n2]]']], ordered: false },
  { type: 'bytea[]', kind: 'array', samples: [["ARRAY['\\x00ff'::bytea]", '["AP8="]']] },
  { type: 'inet[]', kind: 'array', samples: [["'{10.0.0.1,::1}'", '["10.0.0.1","::1"]']] },
  {
    type: 'pair[]',
    made: 'of a composite',
    kind: 'array',
    samples: [["ARRAY[ROW(1, 'a \"b')::pair]", '["(1,\\"a \\"\\"b\\")"]']],
    ordered: false,
  },
  { type: 'int4range[]', kind: 'array', samples: [["ARRAY['[1,5)'::int4range]", '["[1,5)"]']] },
  { type: 'box[]', kind: 'array', samples: [["'{(2,2),(1,1);(4,4),(3,3)}'", '["(2,2),(1,1)","(4,4),(3,3)"]']], ordered: false },
  { type: 'int2vector', kind: 'text', samples: [quoted('1 2 3')], ordered: false },
  { type: 'oidvector', kind: 'text', samples: [quoted('1 2 3')] },
];

const own: readonly TypeCase[] = [
  { type: 'pg_lsn', kind: 'text', samples: [quoted('16/B374D848')] },
  { type: 'pg_snapshot', kind: 'text', samples: [quoted('10:20:10,14')], ordered: false },
  { type: 'txid_snapshot', kind: 'text', samples: [quoted('10:20:10,14')], ordered: false },
  { type: 'tid', kind: 'text', samples: [quoted('(0,1)')] },
  { type: 'xid', kind: 'text', samples: [quoted('3')], ordered: false },
  { type: 'cid', kind: 'text', samples: [quoted('3')], ordered: false },
  { type: 'aclitem', kind: 'text', samples: [quoted('=r/pg_monitor')], ordered: false },
  { type: 'refcursor', kind: 'text', samples: [quoted('c')], ordered: false },
  { type: 'regclass', kind: 'text', samples: [quoted('pg_class')] },
  { type: 'regcollation', kind: 'text', samples: [text('\'"C"\'', '"C"')] },
  { type: 'regconfig', kind: 'text', samples: [quoted('english')] },
  { type: 'regdictionary', kind: 'text', samples: [quoted('simple')] },
  { type: 'regnamespace', kind: 'text', samples: [quoted('pg_catalog')] },
  { type: 'regoper', kind: 'text', samples: [quoted('||/')] },
  { type: 'regoperator', kind: 'text', samples: [quoted('+(integer,integer)')] },
  { type: 'regproc', kind: 'text', samples: [quoted('now')] },
  { type: 'regprocedure', kind: 'text', samples: [quoted('abs(integer)')] },
  { type: 'regrole', kind: 'text', samples: [quoted('pg_monitor')] },
  { type: 'regtype', kind: 'text', samples: [text("'int4'", 'integer')] },
];

export const postgresCases: readonly TypeCase[] = [...numbers, ...texts, ...times, ...places, ...made, ...arrays, ...own];

/** Types of the server's own catalogue, which no table of a user holds. */
export const postgresInternal: readonly string[] = [
  'gtsvector',
  'pg_brin_bloom_summary',
  'pg_brin_minmax_multi_summary',
  'pg_dependencies',
  'pg_mcv_list',
  'pg_ndistinct',
  'pg_node_tree',
];
