import { LiberateError } from '../../kit/errors.ts';
import type { Column, IndexInfo, Relation, Shape, TableName } from '../../model/column.ts';
import type { Flavour } from '../../query/flavour.ts';
import { cachedIds, cachedRemarks } from './cached-ids.ts';
import { factsOfType } from './facts.ts';
import type { Query, Result } from './session.ts';
import { columnType, isOrdered, type PgType } from './types.ts';
import { bounds, fieldsVersion, pathOf, probeSql, tableVersionSql } from './version.ts';

export async function listTables(query: Query): Promise<readonly TableName[]> {
  const { rows } = await query(`
    SELECT n.nspname, c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
    ORDER BY 1, 2`);
  return rows.map(([schema, name]) => ({ schema: schema as string, name: name as string }));
}

export async function describeTable(query: Query, table: TableName): Promise<Shape> {
  const printed = table.schema === null ? table.name : `${table.schema}.${table.name}`;
  const path = pathOf(table);
  // First: of what comes between it and the columns it would be too new, and nobody would ever look again.
  const version = (await query(tableVersionSql, [path])).rows[0]?.[0] ?? '';
  const found = await query(
    `SELECT c.oid, c.relkind,
       c.relkind = 'r' AND NOT c.relhassubclass AND has_table_privilege(c.oid, 'SELECT')
         AND EXISTS (SELECT FROM pg_catalog.pg_am a WHERE a.oid = c.relam AND a.amname = 'heap')
     FROM pg_catalog.pg_class c
     WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [path],
  );
  const [oid, kind, versioned] = found.rows[0] ?? [];
  if (!oid) throw new LiberateError('LIB203', `table ${printed} does not exist`);
  const { rows } = await query(
    `SELECT a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attnotnull, has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
       col_description(a.attrelid, a.attnum), CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, a.attnum
     FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [oid],
  );
  const readable = rows.filter((row) => row[4] === 't');
  if (readable.length === 0) throw new LiberateError('LIB213', `no SELECT on table ${printed}`);
  const types = await typesOf(
    query,
    readable.map(([, type]) => type as string),
  );
  const columns = readable.map(
    ([name, oid, native, notNull, , doc, byDefault]): Column =>
      columnOf(
        {
          name: name as string,
          oid: oid as string,
          native: native as string,
          nullable: notNull !== 't',
          doc: doc ?? null,
          default: byDefault ?? null,
        },
        types,
      ),
  );
  const { primaryKey, indexes } = await keysOf(query, oid);
  const hidden = rows.filter((row) => row[4] !== 't').map(([name]) => name);
  const remarks = [
    ...(hidden.length === 0 ? [] : [`table ${printed}: no SELECT on ${hidden.join(', ')}: left out`]),
    ...(kind === 'm'
      ? [`${printed} is a materialised view: a refresh shows rows with older stamps; only \`mode: bulk\` sees them all`]
      : []),
    ...(kind === 'f' ? [`${printed} is a foreign table: transactions on its own server are unseen here; give a \`lookback:\``] : []),
  ];
  const cached = await cachedIds(
    query,
    rows.map(([name, , , , , , , column]) => ({ name: name as string, table: oid, column: Number(column) })),
  );
  return { columns, primaryKey, indexes, remarks, rowVersions: versioned === 't' ? oid : null, version, ...cachedRemarks(cached) };
}

/** Indexes that can serve a condition on, or the order of, plain columns of the whole table. */
async function keysOf(
  query: Query,
  oid: string,
): Promise<{ readonly primaryKey: readonly string[]; readonly indexes: readonly IndexInfo[] }> {
  const { rows } = await query(
    `SELECT c.relname, i.indisunique, i.indisprimary,
       (SELECT json_agg(a.attname ORDER BY k.at) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, at)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.at <= i.indnkeyatts)
     FROM pg_catalog.pg_index i
     JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     JOIN pg_catalog.pg_am m ON m.oid = c.relam
     WHERE i.indrelid = $1::oid AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND m.amname = 'btree'
       -- 0: ascending, NULLs last; 3: its mirror image. Any other index gives another order than ORDER BY.
       AND (i.indoption::text ~ '^0( 0)*$' OR i.indoption::text ~ '^3( 3)*$')
     ORDER BY c.relname`,
    [oid],
  );
  const indexes = rows.map(([name, unique, , columns]) => ({
    name: name as string,
    columns: JSON.parse(columns as string) as readonly string[],
    unique: unique === 't',
  }));
  const primary = rows.findIndex((row) => row[2] === 't');
  return { primaryKey: indexes[primary]?.columns ?? [], indexes };
}

/** A query's columns: name, type and comment. Any of them may be NULL: an outer join makes it so. */
export async function describeQuery(query: Query, flavour: Flavour, relation: Relation): Promise<Shape> {
  const { bound, fields } = await probe(query, flavour, relation);
  checkNames(fields.map(({ name }) => name));
  const oids = fields.map(({ dataTypeID }) => String(dataTypeID));
  const types = await typesOf(query, oids);
  const listed = (of: (field: (typeof fields)[number]) => number): string => `{${fields.map(of).join(',')}}`;
  // A column that is a table's own is told by the table's comment, also through a sub-query.
  const { rows } = await query(
    `SELECT format_type(t, m), CASE WHEN r <> 0 THEN col_description(r, a) END
     FROM unnest($1::oid[], $2::int4[], $3::oid[], $4::int4[]) WITH ORDINALITY q(t, m, r, a, at) ORDER BY at`,
    [
      `{${oids.join(',')}}`,
      listed(({ dataTypeModifier }) => dataTypeModifier),
      listed(({ tableID }) => tableID),
      listed(({ columnID }) => columnID),
    ],
  );
  const columns = fields.map(({ name }, at): Column => {
    const [native, doc] = rows[at] ?? [];
    return columnOf({ name, oid: oids[at] as string, native: native as string, nullable: true, doc: doc ?? null, default: null }, types);
  });
  const cached = await cachedIds(
    query,
    fields.flatMap(({ name, tableID, columnID }) => (tableID === 0 ? [] : [{ name, table: String(tableID), column: columnID }])),
  );
  return { columns, primaryKey: [], indexes: [], remarks: [], version: fieldsVersion(bound, { fields }), ...cachedRemarks(cached) };
}

/** `:since` has no type while the cursor is unknown: the usual ones are tried. */
async function probe(query: Query, flavour: Flavour, relation: Relation): Promise<Pick<Result, 'fields'> & { readonly bound: string }> {
  let first: unknown;
  for (const bound of bounds) {
    const sql = probeSql(flavour, relation, bound);
    try {
      return { bound, fields: (await query(sql)).fields };
    } catch (error) {
      first ??= error;
      const again = error instanceof LiberateError && error.code === 'LIB207' && sql !== probeSql(flavour, relation, '');
      if (!again) break;
    }
  }
  throw first;
}

function checkNames(names: readonly string[]): void {
  const unnamed = names.indexOf('?column?');
  if (unnamed >= 0) {
    throw new LiberateError('LIB207', `column ${unnamed + 1} of the query has no name`, { cure: 'Name it: `… AS name`.' });
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new LiberateError('LIB207', `the query has two columns named "${twice}"`, { cure: 'Give each its own name: `… AS name`.' });
  }
}

/** What the catalogue says of one column. */
interface Said {
  readonly name: string;
  readonly oid: string;
  readonly native: string;
  readonly nullable: boolean;
  readonly doc: string | null;
  readonly default: string | null;
}

const columnOf = (said: Said, types: ReadonlyMap<string, PgType>): Column => ({
  name: said.name,
  type: columnType(said.oid, types),
  native: said.native,
  nullable: said.nullable,
  ...(isOrdered(said.oid, types) ? {} : { unordered: true }),
  facts: {
    ...factsOfType(said.oid, said.native, types),
    ...(said.doc === null ? {} : { doc: said.doc }),
    ...(said.default === null ? {} : { default: said.default }),
  },
});

/**
 * The types, and all that domains and arrays among them are made of. What ORDER BY sorts is not enough for a page, which
 * goes on where `a > b`: hstore has another name for that, and a composite with a NULL inside is not NOT NULL.
 */
async function typesOf(query: Query, oids: readonly string[]): Promise<ReadonlyMap<string, PgType>> {
  const { rows } = await query(
    `WITH RECURSIVE made(oid) AS (
       SELECT unnest($1::oid[])
       UNION
       SELECT p.oid FROM made m JOIN pg_catalog.pg_type t ON t.oid = m.oid
       CROSS JOIN LATERAL (VALUES (t.typbasetype), (t.typelem)) p(oid) WHERE p.oid <> 0
     ), sorted(oid) AS MATERIALIZED (
       SELECT o.opcintype FROM pg_catalog.pg_opclass o
       JOIN pg_catalog.pg_am a ON a.oid = o.opcmethod AND a.amname = 'btree'
       JOIN pg_catalog.pg_amop p ON p.amopfamily = o.opcfamily AND p.amoplefttype = o.opcintype AND p.amoprighttype = o.opcintype
       JOIN pg_catalog.pg_operator g ON g.oid = p.amopopr AND p.amopstrategy = 5 AND g.oprname = '>'
       WHERE o.opcdefault
     )
     SELECT t.oid, nullif(t.typbasetype, 0),
       -- A true array is what its element names as its array; int2vector and the like are not.
       (SELECT e.oid FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid),
       -- All enums share one order, and so do all ranges; other types have their own, or that of one they stand for.
       t.typtype IN ('e', 'r', 'm') OR t.oid IN (SELECT oid FROM sorted) OR EXISTS (
         SELECT FROM pg_catalog.pg_cast c
         WHERE c.castsource = t.oid AND c.castmethod = 'b' AND c.castcontext = 'i' AND c.casttarget IN (SELECT oid FROM sorted)),
       CASE WHEN t.typbasetype <> 0 THEN format_type(t.typbasetype, t.typtypmod) END,
       (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
       (SELECT json_agg(json_build_object('name', a.attname, 'native', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
     FROM made JOIN pg_catalog.pg_type t USING (oid)`,
    [`{${[...new Set(oids)].join(',')}}`],
  );
  return new Map(rows.map((row) => [row[0] as string, typeOf(row)]));
}

const typeOf = ([oid, base, element, ordered, baseNative, labels, parts]: readonly (string | null)[]): PgType => ({
  oid: oid as string,
  base: base ?? null,
  baseNative: baseNative ?? null,
  element: element ?? null,
  ordered: ordered === 't',
  labels: JSON.parse(labels ?? '[]') as PgType['labels'],
  parts: JSON.parse(parts ?? '[]') as PgType['parts'],
});
