import type { Source } from '../../src/source/source.ts';
import type { TypeCase } from './type-case.ts';

type ReadBack = (cases: readonly TypeCase[], events: readonly string[]) => string;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** SQL of one row for each event: its id, and for each column whether what the database itself reads from the JSON is what it holds. */
export const readBack: Readonly<Record<Source['kind'], ReadBack>> = {
  postgres: (cases, events) => {
    const rows = events.map((event, at) => `(${at + 1}, ${literal(event)}::json)`);
    const back = cases.map(({ type, kind }, at) => {
      const [column, read] = [`c${at}`, `(event ->> 'c${at}')`];
      if (kind === 'bytes') return `decode(${read}, 'base64') = ${column}`;
      if (kind === 'json') return `regexp_replace(${column}::text, E'[\\r\\n]+', ' ', 'g') = (event -> 'c${at}')::text`;
      if (kind !== 'array') return `${read}::${type}::text = ${column}::text`;
      const element = type === 'bytea[]' ? `decode(e, 'base64')::text` : 'e';
      const elements = `ARRAY(SELECT ${element} FROM json_array_elements_text(event -> 'c${at}') e)`;
      // JSON has neither lower bounds nor a second dimension that could be read by one call.
      return `CASE WHEN ${column}::text ~ '^(\\[|\\{\\{)' THEN true ELSE ${elements}::text[]::${type}::text = ${type === 'json[]' ? `replace(${column}::text, E'\\n', ' ')` : `${column}::text`} END`;
    });
    const cells = back.map((same, at) => `CASE WHEN c${at} IS NULL THEN (event ->> 'c${at}') IS NULL ELSE ${same} END`);
    return `SELECT every.id, ${cells.join(',\n')} FROM every JOIN (VALUES ${rows.join(', ')}) p (id, event) USING (id) ORDER BY 1`;
  },
  mysql: (cases, events) => {
    const rows = events.map((event, at) => `SELECT ${at + 1} AS id, _utf8mb4 X'${Buffer.from(event).toString('hex')}' AS event`);
    const back = cases.map(({ type, kind }, at) => {
      const [column, read] = [`c${at}`, `JSON_VALUE(event, '$.c${at}')`];
      switch (kind) {
        case 'bytes':
          if (type.startsWith('bit')) return `CAST(CONV(HEX(FROM_BASE64(${read})), 16, 10) AS UNSIGNED) = ${column} + 0`;
          return `HEX(FROM_BASE64(${read})) = HEX(${column})`;
        case 'boolean':
          return `(${read} IN ('1', 'true')) = ${column} + 0`;
        case 'json':
          return `JSON_COMPACT(JSON_EXTRACT(event, '$.c${at}')) = JSON_COMPACT(${column})`;
        case 'integer':
        case 'decimal':
          return `TRIM(LEADING '0' FROM ${read}) = TRIM(LEADING '0' FROM CAST(${column} AS CHAR))`;
        case 'float':
          // The server prints a FLOAT with six digits; the shortest text that is the same FLOAT has nine at most.
          return type.startsWith('float') ? `ABS(${read} + 0e0 - ${column}) <= ABS(${column}) * 6e-8` : `${read} + 0e0 = ${column}`;
        case 'timestamp':
        case 'timestamptz':
          return `REPLACE(REPLACE(${read}, 'T', ' '), 'Z', '') = CAST(${column} AS CHAR)`;
        default:
          return `BINARY ${read} = BINARY CONVERT(${column} USING utf8mb4)`;
      }
    });
    const cells = back.map((same, at) => `IF(c${at} IS NULL, JSON_VALUE(event, '$.c${at}') IS NULL, ${same})`);
    return `SELECT every.id, ${cells.join(',\n')} FROM every JOIN (${rows.join(' UNION ALL ')}) p USING (id) ORDER BY 1`;
  },
  sqlite: (cases, events) => {
    const rows = events.map((event, at) => `(${at + 1}, ${literal(event)})`);
    const cells = cases.map((_, at) => {
      const read = `json_extract(event, '$.c${at}')`;
      // What JSON cannot say stands in it as text: bytes, which the values are compared by, and infinity.
      return `CASE WHEN typeof(c${at}) = 'blob' THEN typeof(${read}) = 'text' WHEN c${at} IN (9e999, -9e999) THEN ${read} = CASE WHEN c${at} < 0 THEN '-' ELSE '' END || 'Infinity' ELSE ${read} IS c${at} END`;
    });
    return `WITH p (id, event) AS (VALUES ${rows.join(', ')}) SELECT every.id, ${cells.join(',\n')} FROM every JOIN p USING (id) ORDER BY 1`;
  },
};
