import { createHmac } from 'node:crypto';
import type { Column } from '../../model/column.ts';
import { hidden, type Mask } from '../../model/shaping.ts';
import type { Value } from '../../model/value.ts';

export type Masker = (value: Exclude<Value, null>) => string;

/** The text or the bytes that a value is masked by: its canonical form. */
const contentOf = (value: Exclude<Value, null>): string | Uint8Array => (value instanceof Uint8Array ? value : String(value));

export function masker(mask: Mask): Masker {
  switch (mask.kind) {
    case 'redact':
      return () => hidden;
    case 'keep':
      return (value) => {
        const content = contentOf(value);
        // A letter past the first 65,536 is one character.
        const letters = [...(typeof content === 'string' ? content : Buffer.from(content).toString('base64'))];
        // Of a text that is no longer, nothing would be hidden.
        return letters.length > mask.last ? `${hidden}${letters.slice(letters.length - mask.last).join('')}` : hidden;
      };
    case 'hash':
      return (value) => createHmac('sha256', mask.salt).update(contentOf(value)).digest(mask.encoding);
    default:
      return mask satisfies never;
  }
}

/** The column as consumers see it once it is masked. */
export function maskedColumn({ name, nullable, facts }: Column): Column {
  return { name, type: { kind: 'text' }, native: 'text', nullable, ...(facts?.doc === undefined ? {} : { facts: { doc: facts.doc } }) };
}
