import { type ErrorCode, LiberateError } from '../../kit/errors.ts';
import type { Trouble } from '../database.ts';
import { nativeCause, nativeWords } from '../native-error.ts';

interface Sorted {
  readonly code: ErrorCode;
  readonly cure?: string;
  readonly again?: true;
}

const readOnly: Sorted = { code: 'LIB405', cure: 'Point `state:` at the primary: this server only reads.' };
const denied: Sorted = {
  code: 'LIB405',
  cure: 'Grant CREATE on the database, and SELECT, INSERT, UPDATE on the tables liberate_meta, liberate_job, liberate_lease, liberate_backfill, liberate_request.',
};
// A full disk is a state that cannot be written, with a cure of its own.
const full: Sorted = { code: 'LIB405', cure: "Free room on the disk of the state's server." };
const tooLarge: Sorted = { code: 'LIB405', cure: "Raise max_allowed_packet on the state's server above the size of the job's state." };
const refused: Sorted = { code: 'LIB409' };
const locked: Sorted = { code: 'LIB408' };
const unreachable: Sorted = { code: 'LIB401' };
const damaged: Sorted = { code: 'LIB402' };

/** By the server's error number. */
const byNumber: Readonly<Record<number, Sorted>> = {
  // A deadlock has rolled everything back; a lock's time-out has already been waited for.
  1213: { code: 'LIB408', again: true },
  // A record changed since it was read: MariaDB's snapshot isolation.
  1020: { code: 'LIB408', again: true },
  1205: locked,
  3572: locked,
  1045: refused,
  1049: refused,
  1698: refused,
  1044: denied,
  1142: denied,
  1143: denied,
  1227: denied,
  1370: denied,
  1050: { code: 'LIB405', cure: 'Tables of our names exist that this user may not see: grant them to it.' },
  1290: readOnly,
  1792: readOnly,
  1836: readOnly,
  // A file of the server that could not be written, its log of changes among them.
  3: full,
  20: full,
  1021: full,
  1026: full,
  1030: full,
  1114: full,
  1153: tooLarge,
  1301: tooLarge,
  1034: damaged,
  1035: damaged,
  1194: damaged,
  1040: unreachable,
  1053: unreachable,
  1129: unreachable,
  1130: refused,
  1152: unreachable,
  1158: unreachable,
  1159: unreachable,
  1160: unreachable,
  1161: unreachable,
  1203: unreachable,
  1226: unreachable,
  1927: unreachable,
  3169: unreachable,
  4031: unreachable,
};

const property = (thrown: unknown, name: string): unknown =>
  typeof thrown === 'object' && thrown !== null && name in thrown ? (thrown as Readonly<Record<string, unknown>>)[name] : undefined;

function sortedOf(thrown: unknown): Sorted {
  // Without the server's SQLSTATE it is the driver's or the socket's own: a connection that was cut.
  if (property(thrown, 'sqlState') === undefined || property(thrown, 'sqlState') === '') return unreachable;
  return byNumber[Number(property(thrown, 'errno'))] ?? { code: 'LIB901' };
}

export function sortMysqlError(thrown: unknown, place: string): Trouble {
  const { code, again, ...cure } = sortedOf(thrown);
  const native = property(thrown, 'code');
  const error = new LiberateError(code, `${place}: ${nativeWords(thrown)}${native === undefined ? '' : ` (${String(native)})`}`, {
    ...cure,
    cause: nativeCause(thrown),
  });
  return { error, again: again === true };
}
