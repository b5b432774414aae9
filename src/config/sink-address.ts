import type { Reading } from './schema/forms.ts';

export type SinkAddress =
  | { readonly kind: 'kafka'; readonly brokers: readonly string[] }
  /** As it is written. */
  | { readonly kind: 'ndjson'; readonly directory: string }
  | { readonly kind: 'stdout' };

const forms = 'kafka://host:9092,host:9092, ndjson:FOLDER or stdout';

/** `host`, `host:9092`, `[::1]:9092`, parted by commas → each with its port. */
export function readBrokers(text: string): Reading<readonly string[]> {
  const names = text.split(',').map((name) => name.trim());
  const brokers = names.map((name) => {
    const match = /^(\[[0-9a-f:.]+\]|[^\s:,/@[\]]+)(?::(\d{1,5}))?$/i.exec(name);
    const port = Number(match?.[2] ?? 9092);
    return match === null || port < 1 || port > 65_535 ? null : `${match[1]}:${port}`;
  });
  if (brokers.every((broker) => broker !== null)) return { value: brokers };
  const expected = 'brokers such as host:9092, parted by commas';
  if (text.includes('@')) return { expected: `${expected}, without a login`, cure: 'Write the login under the key `sasl:`.' };
  return { expected, cure: `Write ${expected}.` };
}

/** The short form of a sink. */
export function readSinkAddress(text: string): Reading<SinkAddress> {
  const trimmed = text.trim();
  const match = /^([a-z]+)(?::(.*))?$/is.exec(trimmed);
  const rest = match?.[2] ?? '';
  switch (match?.[1]?.toLowerCase()) {
    case 'stdout':
      return rest === '' ? { value: { kind: 'stdout' } } : { expected: 'stdout, with nothing behind it', cure: 'Write stdout.' };
    case 'ndjson': {
      const directory = rest.startsWith('//') ? rest.slice(2) : rest;
      return directory === '' ? { expected: 'ndjson: and a folder', cure: 'Write ndjson:out.' } : { value: { kind: 'ndjson', directory } };
    }
    case 'kafka': {
      if (!rest.startsWith('//')) return { expected: 'kafka:// with two slashes', cure: 'Write kafka://host:9092.' };
      const brokers = readBrokers(rest.slice(2).replace(/\/$/, ''));
      return 'value' in brokers ? { value: { kind: 'kafka', brokers: brokers.value } } : brokers;
    }
    default:
      return { expected: forms, cure: `Write ${forms}.` };
  }
}
