/** A schema as consumers fetch it. */
export interface SchemaDocument {
  readonly type: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly text: string;
  /** The record's full name, by which some subjects are called: `shop.orders.Value`. */
  readonly record: string;
}
