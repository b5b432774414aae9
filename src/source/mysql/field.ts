/** What the server says of a result's column, as mysql2 gives it. */
export interface FieldFacts {
  readonly name: string;
  readonly columnType: number;
  readonly columnLength: number;
  readonly characterSet: number;
  readonly decimals: number;
  readonly flags: number;
  /** MariaDB: `uuid`, `inet6`, `point`. */
  readonly extendedTypeName?: string;
  /** MariaDB: `json`. */
  readonly extendedFormat?: string;
}

const flag = { unsigned: 32, zerofill: 64, enum: 256, set: 2048 } as const;
export const binaryCharset = 63;

/** Numbers of the protocol's types whose name says all but the sign. */
const integers: Readonly<Record<number, string>> = { 1: 'tinyint', 2: 'smallint', 3: 'int', 8: 'bigint', 9: 'mediumint', 13: 'year' };
const plain: Readonly<Record<number, string>> = {
  4: 'float',
  5: 'double',
  10: 'date',
  14: 'date',
  242: 'vector',
  245: 'json',
  255: 'geometry',
};
const stamps: Readonly<Record<number, string>> = {
  7: 'timestamp',
  11: 'time',
  12: 'datetime',
  17: 'timestamp',
  18: 'datetime',
  19: 'time',
};

/** The type's name as information_schema would write it; of ENUM and SET without their members, which the server does not send. */
export function nativeOf(field: FieldFacts): string {
  const { columnType, columnLength, decimals, flags } = field;
  const sign = `${flags & flag.unsigned ? ' unsigned' : ''}${flags & flag.zerofill ? ' zerofill' : ''}`;
  if (field.extendedTypeName !== undefined) return field.extendedTypeName;
  if (columnType in integers) return `${integers[columnType]}${sign}`;
  if (columnType in plain) return plain[columnType] as string;
  if (columnType in stamps) return decimals > 0 && decimals <= 6 ? `${stamps[columnType]}(${decimals})` : (stamps[columnType] as string);
  if (columnType === 0 || columnType === 246) return `${decimalOf(field)}${sign}`;
  if (columnType === 16) return `bit(${columnLength})`;
  return textOf(field);
}

/** The length counts the point and the minus sign. */
function decimalOf({ columnLength, decimals, flags }: FieldFacts): string {
  const precision = columnLength - (decimals > 0 ? 1 : 0) - (flags & flag.unsigned ? 0 : 1);
  return `decimal(${precision},${decimals})`;
}

/** CHAR, VARCHAR, TEXT, ENUM and SET, and their binary sisters, which the character set tells. */
function textOf({ columnType, columnLength, characterSet, flags }: FieldFacts): string {
  if (columnType === 6) return 'text';
  if (columnType === 247 || flags & flag.enum) return 'enum';
  if (columnType === 248 || flags & flag.set) return 'set';
  const binary = characterSet === binaryCharset;
  const large = columnType >= 249 && columnType <= 252;
  if (large) return binary ? 'longblob' : 'longtext';
  // A NULL without a column behind it is announced as binary of no length.
  if (binary && columnLength === 0 && columnType === 254) return 'text';
  return binary ? 'varbinary' : 'varchar';
}
