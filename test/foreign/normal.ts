import type { ColumnType } from '../../src/model/column.ts';
import type { Value } from '../../src/model/value.ts';
import { jsonItems } from '../../src/schema/json/items.ts';

/** A value as a text that is the same however it came, and another one for every other value. */
export type Normal = string | null | readonly Normal[];

const wholeFraction = (text: string): string => text.replace(/(\.\d*?)0+(?=Z?$)/, '$1').replace(/\.(?=Z?$)/, '');

export const real = (value: number, bits: number | undefined): string => {
  const kept = bits === 32 ? Math.fround(value) : value;
  return Object.is(kept, -0) ? '-0' : String(kept);
};

export const bytes = (value: Uint8Array): string => Buffer.from(value).toString('hex');

/** Of the canonical form of model/value.ts; `bits`: of a float. */
export function normal(type: ColumnType, value: Value, bits?: number): Normal {
  if (value === null) return null;
  switch (type.kind) {
    case 'integer':
      return String(BigInt(value as string));
    case 'float':
      return real(Number(value), bits);
    case 'bytes':
      return bytes(value as Uint8Array);
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return wholeFraction(value as string);
    case 'array':
      return (jsonItems(value as string) ?? []).map((item) => {
        const within = item.startsWith('[') && type.element.kind !== 'json' ? type : type.element;
        return normal(within, itemOf(within, item), bits);
      });
    case 'dynamic':
      return dynamic(value);
    case 'json':
      return oneLine(value as string);
    default:
      return String(value);
  }
}

/** JSON in which a break between two tokens is a space. */
const oneLine = (json: string): string => json.replace(/[\r\n]+/g, ' ');

/** What a reader found, as `normal` has it. */
export function sameLines(type: ColumnType, found: Normal): Normal {
  if (typeof found === 'string') return type.kind === 'json' ? oneLine(found) : found;
  return found?.map((item) => sameLines(type.kind === 'array' ? type.element : type, item)) ?? null;
}

export function dynamic(value: Exclude<Value, null>): string {
  if (value instanceof Uint8Array) return `blob ${bytes(value)}`;
  return `${typeof value} ${typeof value === 'number' ? real(value, 64) : value}`;
}

function itemOf(type: ColumnType, item: string): Value {
  if (item === 'null') return null;
  if (type.kind === 'json' || type.kind === 'array' || !item.startsWith('"')) return item;
  const text = JSON.parse(item) as string;
  return type.kind === 'bytes' ? Buffer.from(text, 'base64') : text;
}

/** Microseconds since 1970 as ISO 8601, by arithmetic that shares nothing with what wrote them. */
export function isoOfMicros(micros: bigint, zone: '' | 'Z'): string {
  const [days, rest] = floorDivide(micros, 86_400_000_000n);
  return wholeFraction(`${isoOfDays(Number(days))}T${clockOf(rest)}${zone}`);
}

/** A calendar of 400 years returns; what a Date cannot reach is read from one of its rounds. */
export function isoOfDays(days: number): string {
  const [rounds, rest] = floorDivide(BigInt(days), 146_097n);
  const [, year, monthAndDay] = /^(\d{4})(-\d\d-\d\d)/.exec(new Date(Number(rest) * 86_400_000).toISOString()) as unknown as [
    string,
    string,
    string,
  ];
  return `${String(BigInt(year) + rounds * 400n).padStart(4, '0')}${monthAndDay}`;
}

/** `10:00:00.123456` of microseconds since midnight. */
export function clockOf(micros: bigint): string {
  const two = (value: bigint): string => String(value).padStart(2, '0');
  const seconds = micros / 1_000_000n;
  const fraction = String(micros % 1_000_000n).padStart(6, '0');
  return wholeFraction(`${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}.${fraction}`);
}

export function floorDivide(value: bigint, by: bigint): readonly [bigint, bigint] {
  const rest = ((value % by) + by) % by;
  return [(value - rest) / by, rest];
}

/** The whole number of these bytes of two's complement, and it as a decimal of a scale. */
export function decimalOf(unscaled: Uint8Array, scale: number): string {
  const value = BigInt.asIntN(unscaled.length * 8, BigInt(`0x${bytes(unscaled)}`));
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return value < 0n ? `-${text}` : text;
}
