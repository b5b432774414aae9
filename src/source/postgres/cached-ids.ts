import type { Shape } from '../../model/column.ts';
import type { Query } from './session.ts';

/** A column of a relation, and the table's column that it is. */
export interface Origin {
  readonly name: string;
  /** Object id of the table. */
  readonly table: string;
  readonly column: number;
}

/**
 * Of the columns whose sequence has a CACHE: how many ids a session takes at once. Both the sequence that the column owns and
 * one that its default names. It needs no privilege on the sequence.
 */
export async function cachedIds(query: Query, origins: readonly Origin[]): Promise<Readonly<Record<string, number>>> {
  if (origins.length === 0) return {};
  const { rows } = await query(
    `SELECT o.name, max(s.seqcache)
     FROM unnest($1::text[], $2::oid[], $3::int4[]) o(name, tab, col)
     CROSS JOIN LATERAL (
       SELECT d.objid AS sequence FROM pg_catalog.pg_depend d
       WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
         AND d.refobjid = o.tab AND d.refobjsubid = o.col AND d.deptype IN ('a', 'i')
       UNION ALL
       SELECT d.refobjid FROM pg_catalog.pg_attrdef f
       JOIN pg_catalog.pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
       WHERE f.adrelid = o.tab AND f.adnum = o.col
     ) u
     JOIN pg_catalog.pg_sequence s ON s.seqrelid = u.sequence
     WHERE s.seqcache > 1 GROUP BY o.name`,
    [origins.map(({ name }) => name), origins.map(({ table }) => table), origins.map(({ column }) => String(column))].map(arrayText),
  );
  return Object.fromEntries(rows.map(([name, cache]) => [name as string, Number(cache)]));
}

const arrayText = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;

/** A new transaction can insert a lower id than one that was read: that is told to whoever reads by ids. */
export function cachedRemarks(cached: Readonly<Record<string, number>>): Pick<Shape, 'idRemarks' | 'cachedIds'> {
  const idRemarks = Object.entries(cached).map(
    ([name, cache]) =>
      `the sequence of column "${name}" has CACHE ${cache}: a session may use an id long after others have used higher ones, so id gaps ` +
      'are watched as long as the sessions last that were connected; set CACHE 1, or give a `lookback:` that no session keeps an id for',
  );
  return { idRemarks, cachedIds: cached };
}
