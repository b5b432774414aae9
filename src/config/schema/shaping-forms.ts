import type { Cast, Mask } from '../../model/shaping.ts';
import { choice, integer, key, mapping, named, type Reading, reading, required, text, transformed, union } from './forms.ts';

const castWords =
  'a type: string, integer, decimal, decimal(12,2), float, boolean, date, time, timestamp, timestamptz, uuid, json or bytes';

const casts: Readonly<Record<string, Omit<Cast, 'text'>>> = {
  string: { type: { kind: 'text' }, facts: {} },
  integer: { type: { kind: 'integer' }, facts: { bits: 64 } },
  decimal: { type: { kind: 'decimal' }, facts: {} },
  float: { type: { kind: 'float' }, facts: { bits: 64 } },
  boolean: { type: { kind: 'boolean' }, facts: {} },
  date: { type: { kind: 'date' }, facts: {} },
  time: { type: { kind: 'time' }, facts: { daytime: true } },
  timestamp: { type: { kind: 'timestamp' }, facts: {} },
  timestamptz: { type: { kind: 'timestamptz' }, facts: {} },
  uuid: { type: { kind: 'uuid' }, facts: {} },
  json: { type: { kind: 'json' }, facts: {} },
  bytes: { type: { kind: 'bytes' }, facts: {} },
};

function readCast(written: string): Reading<Cast> {
  const name = written.trim().toLowerCase();
  if (Object.hasOwn(casts, name)) return { value: { text: name, ...(casts[name] as Omit<Cast, 'text'>) } };
  const [, digits, behind = '0'] = /^decimal\((\d+)(?:\s*,\s*(\d+))?\)$/.exec(name) ?? [];
  const [precision, scale] = [Number(digits), Number(behind)];
  if (digits === undefined || precision < 1 || precision > 1000 || scale > precision) return {};
  return { value: { text: `decimal(${precision},${scale})`, type: { kind: 'decimal' }, facts: { precision, scale } } };
}

/** Column → type of the event. */
export const castForm = named(reading(castWords, readCast), 'a mapping of column names to types');

const hashForm = mapping(
  {
    salt: required(text('a secret text'), {
      description: 'Key of the HMAC, without which the values could be guessed. Keep it out of the file: `${NAME}` or `${file:PATH}`.',
      examples: ['${MASK_SALT}'],
    }),
    encoding: key(choice(['hex', 'base64']), {
      description: 'How the 32 bytes are written.',
      default: 'hex',
      examples: ['base64'],
    }),
  },
  'a mapping with salt, encoding',
);

const maskWords = 'redact, or a mapping with hash or keep';
const maskMapping = transformed(
  mapping(
    {
      hash: key(hashForm, {
        description: 'HMAC-SHA-256 of the text: the same text gives the same hash, so that keys and joins still work.',
        default: '<none>',
        examples: [{ salt: '${MASK_SALT}' }],
      }),
      keep: key(integer(1, 100), {
        description: 'Only so many characters at the end of the text stay.',
        default: '<none>',
        examples: [4],
      }),
    },
    maskWords,
  ),
  ({ hash, keep }, issues): Mask => {
    if (hash !== undefined && keep === undefined) return { kind: 'hash', salt: hash.salt, encoding: hash.encoding ?? 'hex' };
    if (keep !== undefined && hash === undefined) return { kind: 'keep', last: keep };
    issues.push({ code: 'custom', input: null, message: 'one of hash and keep', params: { cure: 'Write one of hash and keep.' } });
    return { kind: 'redact' };
  },
);

/** Column → what leaves in place of its text. */
export const maskForm = named(
  union([transformed(choice(['redact']), (): Mask => ({ kind: 'redact' })), maskMapping], maskWords),
  'a mapping of column names to masks',
);
