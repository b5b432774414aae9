import type { ColumnType } from '../../model/column.ts';

/** What a value of the type is in the event, in a few words; as json-value.ts writes it. */
export function jsonType(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'decimal':
      return 'number, exact';
    case 'float':
      return 'number; NaN and Infinity as string';
    case 'text':
    case 'uuid':
      return 'string';
    case 'interval':
      return 'string, ISO 8601';
    case 'date':
      return 'string, YYYY-MM-DD';
    case 'time':
      return 'string, HH:MM:SS';
    case 'timestamp':
      return 'string, local time';
    case 'timestamptz':
      return 'string, instant in UTC';
    case 'json':
      return 'JSON as it is';
    case 'array':
      return `array of ${jsonType(type.element)}`;
    case 'bytes':
      return 'string, base64';
    case 'dynamic':
      return 'as stored: number, string, or base64';
    default:
      return type satisfies never;
  }
}
