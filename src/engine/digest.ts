import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { RecordBatch } from '../model/record-batch.ts';

/** 96 bits of sha256 over the published bytes: what tells a row met again from a row that changed. */
export function digest(value: Buffer): string {
  return hash('sha256', value, 'base64url').slice(0, 16);
}

const nothing = Buffer.alloc(0);

/** Digest of the last event's row; that of a tombstone is like no other. */
export const digestOf = (event: RecordBatch): string => digest(event.core() ?? nothing);

/** What a key is remembered by; rows without one share a name, and bytes that are no text share none with any text. */
export const nameOf = (key: Buffer | null): string =>
  key === null ? '' : isUtf8(key) ? key.toString('utf8') : `\u0000${key.toString('base64')}`;
