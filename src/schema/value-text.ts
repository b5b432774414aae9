import type { Value } from '../model/value.ts';

/** A value as its event shows it in JSON, without the quotes of a string: bytes in base64. */
export function valueText(value: Exclude<Value, null>): string {
  if (!(value instanceof Uint8Array)) return String(value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}
