import { type Reading, reading } from './forms.ts';

/** Where the metrics are served. */
export interface HttpAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** Nobody else's machine reaches it. */
const loopback = '127.0.0.1';

const words = 'a port such as 9464, or an address such as 127.0.0.1:9464';

/** `9464`, `:9464`, `127.0.0.1:9464`, `localhost:9464`, `[::1]:9464`; without a host it is the loopback. */
export function httpAddress() {
  return reading<HttpAddress>(words, read, { type: ['string', 'integer'], minLength: 1 });
}

function read(text: string): Reading<HttpAddress> {
  const [, host, port] = /^(?:(\[[0-9a-f:.]+\]|[a-z0-9.-]+)?:)?(\d{1,5})$/i.exec(text.trim()) ?? [];
  if (port === undefined || Number(port) > 65_535) return { cure: 'Write http: 127.0.0.1:9464.' };
  return { value: { host: host === undefined ? loopback : host.replace(/^\[|\]$/g, ''), port: Number(port) } };
}
