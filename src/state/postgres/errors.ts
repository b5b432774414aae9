import { type ErrorCode, LiberateError } from '../../kit/errors.ts';
import type { Trouble } from '../database.ts';
import { nativeCause, nativeWords } from '../native-error.ts';

interface Sorted {
  readonly code: ErrorCode;
  readonly cure?: string;
  readonly again?: true;
}

const again = { again: true } as const;

/** By SQLSTATE, or its class of two characters; the first that fits. */
const byState: readonly (readonly [string, Sorted])[] = [
  ['28', { code: 'LIB409' }],
  ['3D000', { code: 'LIB409' }],
  // The lock time-out has already been waited for by the server: not again.
  ['55P03', { code: 'LIB408' }],
  ['57014', { code: 'LIB408' }],
  ['40', { code: 'LIB408', ...again }],
  ['25006', { code: 'LIB405', cure: 'Point `state:` at the primary: this server only reads.' }],
  [
    '42501',
    {
      code: 'LIB405',
      cure: 'Grant CREATE on the schema, or SELECT, INSERT, UPDATE on the tables liberate_meta, liberate_job, liberate_lease, liberate_backfill, liberate_request.',
    },
  ],
  ['42P07', { code: 'LIB405', cure: 'Tables of our names exist that this user may not see: grant them to it.' }],
  ['3F000', { code: 'LIB405', cure: 'Make the schema: CREATE SCHEMA, or name one that is there by `?schema=`.' }],
  // A full disk is a state that cannot be written, with a cure of its own.
  ['53100', { code: 'LIB405', cure: "Free room on the disk of the state's server." }],
  ['54', { code: 'LIB405' }],
  ['XX001', { code: 'LIB402' }],
  ['XX002', { code: 'LIB402' }],
  ['08', { code: 'LIB401' }],
  ['53', { code: 'LIB401' }],
  ['57P', { code: 'LIB401' }],
  ['25P03', { code: 'LIB401' }],
  ['58', { code: 'LIB401' }],
];

function sortedOf(thrown: unknown): Sorted {
  const state = codeOf(thrown);
  // pg's own errors (a cut connection) have no code or the socket's; the server's have five characters.
  if (!/^[0-9A-Z]{5}$/.test(state) || /^E[A-Z]{4}$/.test(state)) return { code: 'LIB401' };
  return byState.find(([prefix]) => state.startsWith(prefix))?.[1] ?? { code: 'LIB901' };
}

function codeOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
}

export function sortPostgresError(thrown: unknown, place: string): Trouble {
  const { code, again: retry, ...cure } = sortedOf(thrown);
  const native = codeOf(thrown);
  const error = new LiberateError(code, `${place}: ${nativeWords(thrown)}${native === '' ? '' : ` (${native})`}`, {
    ...cure,
    cause: nativeCause(thrown),
  });
  return { error, again: retry === true };
}
