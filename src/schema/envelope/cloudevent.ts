import { createHash } from 'node:crypto';
import type { Origin } from './origin.ts';

export const eventTypes = { upsert: 'liberate.row.upserted', delete: 'liberate.row.deleted' } as const;

/** Where the row stands, as a relative reference: `/shop/main/public/orders`. */
export const eventSource = ({ name, database, schema, table }: Origin): string =>
  `/${[name, database, schema, table].map(encodeURIComponent).join('/')}`;

/** What tells one event from every other of its source. */
export interface EventIdentity {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  /** The key: its text, or in base64 where it is no text. */
  readonly subject: string;
}

/**
 * The id follows from key, row and the record's time, so that an event which is sent again has the id that it had, as far as the row has a
 * time of its own. `row`: what the event says of it; null: that it is gone.
 */
export function eventIdentity(key: Buffer, row: Buffer | null, timestamp: number): EventIdentity {
  const id = createHash('sha256')
    .update(`${key.length} ${row === null ? 'gone' : 'there'} ${timestamp} `)
    .update(key);
  const text = key.toString('utf8');
  return {
    id: id
      .update(row ?? '')
      .digest('hex')
      .slice(0, 32),
    time: new Date(timestamp).toISOString(),
    subject: text.includes('\ufffd') || text.includes('\u0000') ? key.toString('base64') : text,
  };
}
