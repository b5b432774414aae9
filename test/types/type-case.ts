import type { ColumnType } from '../../src/model/column.ts';
import type { Value } from '../../src/model/value.ts';

/** SQL that is inserted, and the JSON that is published; the canonical value too, where the JSON does not tell it. */
export type Sample = readonly [sql: string, json: string, value?: Value];

/** A column type of a database: what it is, and values of it up to its ends. */
export interface TypeCase {
  /** As CREATE TABLE writes it. */
  readonly type: string;
  /** What a type of the user's own is, for the document. */
  readonly made?: string;
  readonly kind: ColumnType['kind'];
  /** Of a domain over an array, whose name does not tell: what its elements are. */
  readonly element?: Exclude<ColumnType['kind'], 'array'>;
  readonly samples: readonly Sample[];
  /** SQL of values that are all different, read in their order as key and as cursor; `false`: the type has no order. Default: the samples. */
  readonly ordered?: readonly string[] | false;
}

/** A sample whose JSON is a plain string. */
export const text = (sql: string, published: string): Sample => [sql, JSON.stringify(published)];

/** A sample that is published as its SQL writes it. */
export const same = (sql: string): Sample => [sql, sql];

/** A sample that is published as what stands between its quotes. */
export const quoted = (published: string): Sample => [`'${published}'`, JSON.stringify(published)];

export const orderOf = ({ samples, ordered }: TypeCase): readonly string[] => {
  if (ordered === false) return [];
  return ordered ?? samples.map(([sql]) => sql);
};

/** The canonical form of model/value.ts. */
export function canonical(kind: ColumnType['kind'], [, json, value]: Sample): Value {
  if (value !== undefined) return value;
  switch (kind) {
    case 'boolean':
      return json === 'true';
    case 'integer':
      return json;
    case 'decimal':
    case 'float':
      return json.startsWith('"') ? (JSON.parse(json) as string) : json;
    case 'json':
    case 'array':
      return json;
    case 'bytes':
      return Buffer.from(JSON.parse(json) as string, 'base64');
    case 'dynamic':
      throw new Error(`a dynamic sample without its value: ${json}`);
    default:
      return JSON.parse(json) as string;
  }
}
