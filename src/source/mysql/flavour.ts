import { LiberateError } from '../../kit/errors.ts';
import type { Column } from '../../model/column.ts';
import type { Micros } from '../../model/watermark.ts';
import type { Flavour } from '../../query/flavour.ts';
import { baseOf, membersOf } from './types.ts';
import { earliestLocal, stampText, type Zone } from './zone.ts';

export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** Means the same in every sql_mode: a backslash is an escape in some only. */
export function literal(text: string): string {
  if (!/[\\\p{Cc}]/u.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

/**
 * Binds are written into the text as literals of the column's own kind. The driver would put its `?`
 * in on this side too, also where a user's query has one in a string; and a typed literal is what the
 * optimiser needs for a range: a text compared with a BIGINT makes both doubles, which are not exact past 2^53.
 */
function mark(text: string, column: Column): string {
  const { native, type } = column;
  const members = membersOf(native);
  if (members !== null) return placeOf(text, members, baseOf(native));
  switch (type.kind) {
    case 'integer':
      return checked(/^-?\d+$/, text, column);
    case 'decimal':
      return checked(/^-?\d+(\.\d+)?$/, text, column);
    case 'float':
      // The exponent makes the literal a double.
      return checked(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/, text, column).replace(/^[^e]*$/, '$&e0');
    case 'date':
      return `DATE'${checked(/^\d{4}-\d\d-\d\d$/, text, column)}'`;
    case 'time':
      return `TIME'${checked(/^-?\d+:\d\d:\d\d(\.\d+)?$/, text, column)}'`;
    case 'timestamp':
    case 'timestamptz':
      return `TIMESTAMP'${checked(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/, text, column)}'`;
    case 'boolean':
    case 'bytes': {
      const hex = checked(/^([0-9a-f]{2})*$/, text, column);
      return baseOf(native) === 'bit' ? String(BigInt(`0x0${hex}`)) : `X'${hex}'`;
    }
    default:
      // Without a cast: it takes the column's character set and collation, as ORDER BY and the index have them.
      return literal(text);
  }
}

function checked(form: RegExp, text: string, column: Column): string {
  if (form.test(text)) return text;
  throw new LiberateError('LIB103', `"${text}" is not a mark of column "${column.name}" (${column.native})`, {
    place: { column: column.name },
  });
}

/** ENUM and SET are ordered by number and compared with a text by text: their marks are written as the number. */
function placeOf(text: string, members: readonly string[], base: string): string {
  if (base === 'enum') return String(members.indexOf(text) + 1);
  const bits = text.split(',').map((member) => members.indexOf(member));
  return String(bits.reduce((sum, bit) => (bit < 0 ? sum : sum + (1n << BigInt(bit))), 0n));
}

/** `zone`: of stamps without one; null: the server's own, which only the server knows. */
export function flavourOf(zone: Zone | null): Flavour {
  const local = (micros: Micros): string => {
    if (zone !== null) return `TIMESTAMP'${stampText(earliestLocal(micros, zone))}'`;
    // As earliestLocal: the clock may be set back within the hour that follows.
    const at = (moment: Micros): string => `CONVERT_TZ(TIMESTAMP'${stampText(moment)}', '+00:00', @@GLOBAL.time_zone)`;
    return `LEAST(${at(micros)}, ${at(micros + 3_600_000_000n)} - INTERVAL 1 HOUR)`;
  };
  const instant = (micros: Micros, column: Column): string => {
    if (column.type.kind === 'timestamptz') return `TIMESTAMP'${stampText(micros)}'`;
    if (column.type.kind === 'timestamp') return local(micros);
    if (column.type.kind === 'date') return `DATE(${local(micros)})`;
    throw new LiberateError('LIB208', `a ${column.native} column tells no time`, { place: { column: column.name } });
  };
  return {
    quote,
    table: ({ schema, name }) => (schema === null ? quote(name) : `${quote(schema)}.${quote(name)}`),
    bind: (bind) => (bind.kind === 'instant' ? instant(bind.micros, bind.column) : mark(bind.text, bind.column)),
    least: (a, b) => `LEAST(${a}, ${b})`,
    lowest: (column) => extreme(column)[0],
    highest: (column) => extreme(column)[1],
    // A FLOAT is printed with six digits; the sum is the double that it equals.
    select: (expression, { native }) => (baseOf(native) === 'float' ? `(${expression} + 0e0)` : expression),
    marks: (expression, { type }) => {
      if (type.kind === 'time') return `${expression} IS NOT NULL`;
      // A zero date stands for none, also where the column is NOT NULL.
      const stamp = type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamptz';
      return stamp ? `YEAR(${expression}) <> 0` : `${expression} <> 0`;
    },
    rowComparison: false,
    lexis: 'mysql',
  };
}

/** Literals below and above every value of the column's type, zero dates among them. */
function extreme({ name, type, native }: Column): readonly [string, string] {
  switch (type.kind) {
    case 'integer':
      return native.includes('unsigned') ? ['0', '18446744073709551615'] : ['-9223372036854775808', '9223372036854775807'];
    case 'decimal':
      return [`-${'9'.repeat(65)}`, '9'.repeat(65)];
    case 'float':
      return ['-1.7976931348623157e308', '1.7976931348623157e308'];
    case 'date':
      return ["DATE'0000-00-00'", "DATE'9999-12-31'"];
    case 'time':
      return ["TIME'-838:59:59.999999'", "TIME'838:59:59.999999'"];
    case 'timestamp':
    case 'timestamptz':
      return ["TIMESTAMP'0000-00-00 00:00:00'", "TIMESTAMP'9999-12-31 23:59:59.999999'"];
    case 'uuid':
      return ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"];
    default:
      throw new LiberateError('LIB208', `:since and :until have no bounds for a ${native} column`, { place: { column: name } });
  }
}
