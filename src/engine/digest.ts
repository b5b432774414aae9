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

/** A key as its text; where it is none, or holds what neither a terminal nor a state store takes, its bytes in hex: no two keys have one text. */
export const keyText = (key: Buffer): string => (isUtf8(key) && !key.includes(0) ? key.toString('utf8') : `\\x${key.toString('hex')}`);

/** What a key is remembered by; rows without one share a name. */
export const nameOf = (key: Buffer | null): string => (key === null ? '' : keyText(key));
