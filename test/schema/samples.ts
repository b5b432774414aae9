import type { ColumnFacts } from '../../src/model/column.ts';
import type { Typed } from './versions.ts';

const stamps = ['0001-01-01T00:00:00', '2026-02-28T23:59:59.123456', '9999-12-31T23:59:59.999999'] as const;
const notFinite = ['"NaN"', '"Infinity"', '"-Infinity"'] as const;
const quoted = (texts: readonly string[]): readonly string[] => texts.map((text) => JSON.stringify(text));

/** The ends of what a column holds, and what lies between, as JSON text of the event. */
export function samplesOf({ type, facts }: Typed): readonly string[] {
  switch (type.kind) {
    case 'boolean':
      return ['true', 'false'];
    case 'integer':
      return integers(facts);
    case 'decimal':
      return ['0', '-12.34', '12.34', ...(facts.precision === undefined ? ['123456789012345678901234567890.5', ...notFinite] : [])];
    case 'float':
      return ['0', '-0.5', facts.bits === 32 ? '3.4028235e+38' : '1.7976931348623157e+308', ...notFinite];
    case 'text':
      return quoted(['', 'a', 'x'.repeat(facts.length ?? 100)]);
    case 'uuid':
      return quoted(['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']);
    case 'json':
      return ['null', 'true', '12', '"a"', '{"a":1}', '[1]'];
    case 'bytes':
      return quoted(['', 'AP9cJw==']);
    case 'date':
      return quoted([...stamps.map((stamp) => stamp.slice(0, 10)), 'infinity', '0044-03-15 BC', '0000-00-00']);
    case 'time':
      return quoted(['00:00:00', '23:59:59.5', ...(facts.daytime === true ? [] : ['838:59:59', '01:02:03+05:30'])]);
    case 'timestamp':
      return quoted([...stamps, 'infinity', '0000-00-00 00:00:00']);
    case 'timestamptz':
      return quoted([...stamps.map((stamp) => `${stamp}Z`), '-infinity']);
    case 'interval':
      return quoted(['PT0S', 'P1Y2M-3DT4H5M6.000007S']);
    case 'array': {
      const items = samplesOf({ type: type.element, facts });
      return ['[]', '[null]', `[${items.join(',')}]`, ...items.map((item) => `[[${item}]]`)];
    }
    case 'dynamic':
      return dynamics(facts);
    default:
      return type satisfies never;
  }
}

function integers({ bits = 64, unsigned }: ColumnFacts): readonly string[] {
  const size = BigInt(bits);
  const [least, most] = unsigned === true ? [0n, 2n ** size - 1n] : [-(2n ** (size - 1n)), 2n ** (size - 1n) - 1n];
  return ['0', '1', String(least), String(most)];
}

function dynamics({ stored }: ColumnFacts): readonly string[] {
  const all = { integer: ['0', '-9223372036854775808'], real: ['0.5', '"Infinity"'], text: ['""', '"text"'], blob: ['"AP9cJw=="'] };
  return stored === undefined ? Object.values(all).flat() : all[stored];
}
