import { createHash } from 'node:crypto';
import type { OutboundRecord } from './record.ts';

/** Column → the value's own text as the server prints it, bytes in hex behind `\x`; null: NULL. */
export type RowText = Readonly<Record<string, string | null>>;

/** A row that could not be published, and why. */
export interface DeadLetter {
  /** Of job, key, row and code: the same row that is refused again for the same reason is the same letter. */
  readonly id: string;
  readonly job: string;
  /** Where its event belongs. */
  readonly topic: string;
  /** The event's key as text; null: none could be made. */
  readonly key: string | null;
  /** `LIB305` */
  readonly code: string;
  readonly reason: string;
  readonly row: RowText;
  /** Columns of which only the beginning stands in `row`, as the letter itself was too large. */
  readonly cut: readonly string[];
  /** When it was refused, ISO 8601. */
  readonly at: string;
}

/** What a letter stands under: a newer one of the same key takes its place. */
export function nameOfLetter({ job, key, id }: Pick<DeadLetter, 'job' | 'key' | 'id'>): string {
  return JSON.stringify(key === null ? { job, key, id } : { job, key });
}

export function deadLetter(letter: Omit<DeadLetter, 'id' | 'cut'>): DeadLetter {
  const { job, key, code, row } = letter;
  const id = createHash('sha256')
    .update(JSON.stringify([job, key, code, row]))
    .digest('hex')
    .slice(0, 16);
  return { id, ...letter, cut: [] };
}

/** Characters that are left of a column's text where the letter does not fit. */
const shortened = 1000;

export function cutShort(letter: DeadLetter): DeadLetter {
  const long = Object.entries(letter.row).filter(([, text]) => (text?.length ?? 0) > shortened);
  const row = { ...letter.row, ...Object.fromEntries(long.map(([name, text]) => [name, text?.slice(0, shortened) ?? null])) };
  return { ...letter, row, cut: long.map(([name]) => name) };
}

/** As it is sent. */
export function recordOfLetter(letter: DeadLetter): Pick<OutboundRecord, 'key' | 'value' | 'timestamp'> {
  const key = Buffer.from(nameOfLetter(letter));
  return { key, value: Buffer.from(JSON.stringify(letter)), timestamp: String(Date.parse(letter.at)) };
}

/** The letter in a record's value; null: it is none. */
export function letterIn(value: Buffer): DeadLetter | null {
  try {
    const found = JSON.parse(value.toString('utf8')) as Partial<DeadLetter> | null;
    return typeof found?.id === 'string' && typeof found.job === 'string' && typeof found.row === 'object' ? (found as DeadLetter) : null;
  } catch {
    return null;
  }
}
