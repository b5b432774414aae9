import type { Column, ColumnFacts } from '../../src/model/column.ts';
import { type AvroType, avroType } from '../../src/schema/avro/schema.ts';
import { type ConnectType, connectType } from '../../src/schema/connect/schema.ts';
import { type JsonSchema, valueSchema } from '../../src/schema/json/schema.ts';
import { protobufType } from '../../src/schema/protobuf/schema.ts';
import type { TypeCase } from './type-case.ts';

/** What a source tells of a column of a type, and what the schemas make of it. */
export interface DescribedType {
  readonly type: string;
  readonly native: string;
  readonly facts: ColumnFacts;
  readonly jsonSchema: JsonSchema;
  readonly avro: AvroType;
  readonly protobuf: string;
  readonly connect: ConnectType;
}

export function describedTypes(types: readonly TypeCase[], columns: readonly Column[]): readonly DescribedType[] {
  return types.map(({ type }, at) => {
    const { type: kind, native, facts = {} } = columns[at] as Column;
    return {
      type,
      native,
      facts,
      jsonSchema: valueSchema(kind, facts),
      avro: avroType(kind, facts),
      protobuf: kind.kind === 'array' ? `message of repeated ${protobufType(kind, facts)}` : protobufType(kind, facts),
      connect: connectType(kind, facts),
    };
  });
}

/** Lines of JSON, so that a difference is one. */
export const describedText = (described: readonly DescribedType[]): string => described.map((one) => `${JSON.stringify(one)}\n`).join('');
