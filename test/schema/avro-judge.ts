import avro from 'avsc';

type Logic = Readonly<Record<string, unknown>>;

/** A logical type that reads what was written as the same one; a decimal, what has its scale and no more digits. */
function sameOnly(name: string): new (schema: avro.Schema, options?: unknown) => avro.types.LogicalType {
  return class extends avro.types.LogicalType {
    readonly logic: Logic;
    constructor(schema: avro.Schema, options?: unknown) {
      super(schema, options as never);
      this.logic = schema as unknown as Logic;
    }
    protected override _fromValue(value: unknown): unknown {
      return value;
    }
    protected override _toValue(value: unknown): unknown {
      return value;
    }
    protected override _resolve(type: avro.Type): unknown {
      const of = (type as { readonly logic?: Logic }).logic;
      if (of?.['logicalType'] !== name) return undefined;
      const fits = of['scale'] === this.logic['scale'] && Number(of['precision'] ?? 0) <= Number(this.logic['precision'] ?? 0);
      return fits ? (value: unknown) => value : undefined;
    }
  };
}

const names = ['decimal', 'uuid', 'date', 'time-micros', 'timestamp-micros', 'local-timestamp-micros'];
const logicalTypes = Object.fromEntries(names.map((name) => [name, sameOnly(name)]));

const typeOf = (schema: unknown): avro.Type =>
  avro.Type.forSchema(schema as avro.Schema, { wrapUnions: true, logicalTypes: logicalTypes as never });

/** Whether Avro's own rules let `reader` read what `writer` wrote. */
export function avroReads(reader: unknown, writer: unknown): boolean {
  const [as, of] = [typeOf(reader), typeOf(writer)];
  try {
    as.createResolver(of);
    return true;
  } catch {
    return false;
  }
}
