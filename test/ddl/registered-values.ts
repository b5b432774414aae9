import avsc from 'avsc';
import type { OutboundRecord } from '../../src/model/record.ts';
import { tell } from '../support/registry.ts';

/** Values that were written in Avro, by the schema that the registry has under their number; null: it is being fetched, and `told` once it is there. */
export function avroValues(url: string, told: () => void): (value: OutboundRecord['value']) => Readonly<Record<string, unknown>> | null {
  const types = new Map<number, avsc.Type | null>();
  return (value) => {
    if (value === null || value[0] !== 0) throw new Error('a value that names no schema');
    const id = value.readInt32BE(1);
    const type = types.get(id);
    if (type) return unwrapped(type.fromBuffer(value.subarray(5)) as Readonly<Record<string, unknown>>);
    if (type === undefined) {
      types.set(id, null);
      void tell(url, 'GET', `/schemas/ids/${id}`).then((said) => {
        types.set(id, avsc.Type.forSchema(JSON.parse((said as { readonly schema: string }).schema), { wrapUnions: 'always' }));
        told();
      });
    }
    return null;
  };
}

/** A value of a union comes as `{ branch: value }`: of a column of SQLite, a number alone would not tell which of them it is. */
const unwrapped = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const isBranch = typeof value === 'object' && value !== null && !Buffer.isBuffer(value);
      return [name, isBranch ? Object.values(value)[0] : value];
    }),
  );
