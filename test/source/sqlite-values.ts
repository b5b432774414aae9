import type { KeyCase, ValueCase } from '../contract/source-dialect.ts';

const bytes = Uint8Array.from([0, 255, 92, 39]);

/** The declared type changes what is stored (its affinity); what is stored is what is published. */
export const sqliteValues: readonly ValueCase[] = [
  { type: 'INTEGER', sql: '-9223372036854775808', kind: 'dynamic', value: -9223372036854775808n },
  { type: 'INTEGER', sql: '9007199254740993', kind: 'dynamic', value: 9007199254740993n },
  { type: 'INTEGER', sql: "'12'", kind: 'dynamic', value: 12n },
  { type: 'INTEGER', sql: "'twelve'", kind: 'dynamic', value: 'twelve' },
  { type: 'INTEGER', sql: '1.5', kind: 'dynamic', value: 1.5 },
  { type: 'INTEGER', sql: "X'00FF5C27'", kind: 'dynamic', value: bytes },
  { type: 'BIGINT', sql: '9223372036854775808', kind: 'dynamic', value: 9223372036854775808 },
  { type: 'BOOLEAN', sql: 'true', kind: 'dynamic', value: 1n },
  { type: 'BOOLEAN', sql: 'false', kind: 'dynamic', value: 0n },
  { type: 'REAL', sql: '5', kind: 'dynamic', value: 5 },
  { type: 'REAL', sql: '0.1 + 0.2', kind: 'dynamic', value: 0.30000000000000004 },
  { type: 'REAL', sql: '9e999', kind: 'dynamic', value: Number.POSITIVE_INFINITY },
  { type: 'REAL', sql: '5e-324', kind: 'dynamic', value: 5e-324 },
  { type: 'DECIMAL(10,2)', sql: '12.50', kind: 'dynamic', value: 12.5 },
  { type: 'DECIMAL(10,2)', sql: "'12.50'", kind: 'dynamic', value: 12.5 },
  { type: 'TEXT', sql: '12.50', kind: 'dynamic', value: '12.5' },
  { type: 'TEXT', sql: "'12.50'", kind: 'dynamic', value: '12.50' },
  { type: 'TEXT', sql: "'żółć 🦊 \\ '' \" ' || char(10, 1)", kind: 'dynamic', value: 'żółć 🦊 \\ \' " \n\x01' },
  { type: 'TEXT', sql: "'a' || char(0) || 'b'", kind: 'dynamic', value: 'a\0b' },
  { type: 'TEXT', sql: "''", kind: 'dynamic', value: '' },
  { type: 'VARCHAR(2)', sql: "'longer'", kind: 'dynamic', value: 'longer' },
  { type: 'BLOB', sql: "X'00FF5C27'", kind: 'dynamic', value: bytes },
  { type: 'BLOB', sql: "X''", kind: 'dynamic', value: new Uint8Array() },
  { type: 'BLOB', sql: "'5'", kind: 'dynamic', value: '5' },
  { type: '', sql: '5', kind: 'dynamic', value: 5n },
  { type: '', sql: "'5'", kind: 'dynamic', value: '5' },
  { type: 'TIMESTAMP', sql: "'2026-01-01 10:00:00.123457'", kind: 'dynamic', value: '2026-01-01 10:00:00.123457' },
  { type: 'TIMESTAMP', sql: '1767225600', kind: 'dynamic', value: 1767225600n },
  { type: 'DATE', sql: "'2026-02-28'", kind: 'dynamic', value: '2026-02-28' },
  { type: 'JSON', sql: '\'{"a": 12345678901234567890}\'', kind: 'dynamic', value: '{"a": 12345678901234567890}' },
];

export const sqliteKeys: readonly KeyCase[] = [
  { type: 'INTEGER', sql: ['5', '-9223372036854775808', '9223372036854775807', '9007199254740993', '9007199254740992', '0'] },
  { type: 'REAL', sql: ['0.1', '-1e300', '5e-324', '0', '1e300', '9007199254740993', '-9e999', '9e999'] },
  { type: 'NUMERIC', sql: ['1.5', '2', '-3', "'x'", "X'00'", '1e20'] },
  { type: 'TEXT', sql: ["'b'", "'a'", "''", "'A'", "'10'", "'9'", "'it''s'", "'ż'", "'🦊'", 'char(65533)', "'a' || char(0)"] },
  { type: 'TEXT COLLATE NOCASE', sql: ["'b'", "'A'", "'C'", "'d'"] },
  { type: 'BLOB', sql: ["X'00'", "X''", "X'FF'", "X'00FF'", "'5'", '5', '5.5'] },
  { type: 'TIMESTAMP', sql: ["'2026-01-01 00:00:00'", "'2026-01-01 00:00:00.5'", '1767225600', '2461041.5'] },
  { type: '', sql: ['5', "'5'", "X'35'", '4.5', "'x'"] },
];
