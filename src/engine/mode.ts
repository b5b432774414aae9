import { LiberateError } from '../kit/errors.ts';
import type { Column } from '../model/column.ts';
import type { Job, Mode } from '../model/job.ts';

/** What a cursor's values are: instants, or numbers that only grow; `unsaid`: only the values themselves tell. */
export type CursorKind = 'temporal' | 'integer' | 'unsaid' | 'other';

/** PostgreSQL's type of a transaction's number, with which no number comes twice. */
const transactionNumber = 'xid8';

/** SQLite's columns are dynamic: their declared type tells what is meant. */
export function cursorKind(column: Column): CursorKind {
  switch (column.type.kind) {
    case 'timestamp':
    case 'timestamptz':
    case 'date':
      return 'temporal';
    case 'integer':
      return 'integer';
    case 'dynamic':
      return declaredKind(column.native);
    default:
      return 'other';
  }
}

function declaredKind(native: string): CursorKind {
  const declared = native.toUpperCase();
  if (/DATE|TIME/.test(declared)) return 'temporal';
  if (/INT/.test(declared)) return 'integer';
  return declared === '' || declared === 'ANY' ? 'unsaid' : 'other';
}

/** The job's mode, or the one that the cursor's type tells. LIB208 when it cannot be told or does not fit. */
export function resolveMode(job: Job, cursor: readonly Column[]): Mode {
  const [first] = cursor;
  if (first === undefined) return 'bulk';
  const kind = cursorKind(first);
  const found = `${first.name} is ${first.native === '' ? 'without a declared type' : first.native}`;
  const mixed = cursor.find((column) => column.type.kind !== first.type.kind);
  if (mixed !== undefined) {
    throw new LiberateError(
      'LIB208',
      `the cursor mixes ${first.name} (${first.native}) and ${mixed.name} (${mixed.native}), whose values cannot be compared`,
      {
        place: { column: mixed.name },
        cure: 'Use columns of one type, or a query that casts them to one.',
      },
    );
  }
  if (job.mode === 'transaction' && first.native !== transactionNumber) {
    throw new LiberateError('LIB208', `mode transaction needs a PostgreSQL column of type xid8; ${found}`, {
      place: { column: first.name },
      cure: 'Add one with DEFAULT pg_current_xact_id(), or use another mode.',
    });
  }
  if (job.mode !== null) {
    if (job.mode !== 'incrementing' && job.mode !== 'transaction' && kind !== 'temporal' && first.type.kind !== 'dynamic') {
      throw new LiberateError('LIB208', `mode ${job.mode} needs a date or timestamp cursor; ${found}`, {
        place: { column: first.name },
        cure: 'Choose another column, or read it by a query that casts it to a timestamp.',
      });
    }
    if (job.mode === 'incrementing' && kind === 'temporal') {
      throw new LiberateError('LIB208', `mode incrementing needs a number that only grows; ${found}`, {
        place: { column: first.name },
      });
    }
    return job.mode;
  }
  if (first.native === transactionNumber && cursor.length === 1) return 'transaction';
  // An expression of a query has no declared type: its values are ordered whatever they are.
  if (kind === 'temporal' || kind === 'unsaid') return 'timestamp';
  if (kind === 'integer') return 'incrementing';
  throw new LiberateError('LIB208', `the mode cannot be told from the cursor's type: ${found}`, {
    place: { column: first.name },
    cure: 'Say `mode: timestamp` or `mode: incrementing`, or choose a timestamp or integer column.',
  });
}
