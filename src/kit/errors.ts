/**
 * The error table: every failure that a user can meet has one row here, and `docs/errors.md`
 * is tested against it both ways. `retry` tells the engine whether trying again can help;
 * `exit` is the process's exit code when the failure ends a command.
 */
export interface ErrorEntry {
  readonly title: string;
  readonly retry: 'transient' | 'permanent';
  readonly exit: 1 | 2 | 3 | 4;
  readonly cure: string;
}

const row = (title: string, retry: ErrorEntry['retry'], exit: ErrorEntry['exit'], cure: string): ErrorEntry => ({
  title,
  retry,
  exit,
  cure,
});

export const errorTable = {
  LIB101: row('the jobs file cannot be read', 'permanent', 2, 'Give the path of a readable YAML file.'),
  LIB102: row('the jobs file is not YAML', 'permanent', 2, 'Mend the syntax at the line and column shown.'),
  LIB103: row('a key has a wrong value', 'permanent', 2, 'Use one of the values named in the message.'),
  LIB104: row('an unknown key', 'permanent', 2, 'Remove it, or use the key that the message suggests.'),
  LIB105: row('a required key is missing', 'permanent', 2, 'Add the key named in the message.'),
  LIB106: row('a variable is not set', 'permanent', 2, 'Set it in the environment, or write ${NAME:-default}.'),
  LIB107: row('a secret file cannot be read', 'permanent', 2, 'Check the path in ${file:PATH} and its permissions.'),
  LIB108: row('two keys contradict each other', 'permanent', 2, 'Keep one of the two, as the message says.'),
  LIB109: row('no job has that name', 'permanent', 2, 'Use a job name from the file; `liberate status FILE` lists them.'),
  LIB110: row('the command line is wrong', 'permanent', 2, 'See `liberate COMMAND --help`.'),

  LIB201: row('the source cannot be reached', 'transient', 3, 'Check host, port and that the server is up.'),
  LIB202: row('the source refused the login', 'permanent', 3, 'Check user, password and database.'),
  LIB203: row('the table does not exist', 'permanent', 1, 'Check the name and schema, and that the user may SELECT it.'),
  LIB204: row('the column does not exist', 'permanent', 1, 'Use one of the columns named in the message.'),
  LIB205: row(
    'the cursor column holds NULL',
    'permanent',
    1,
    'Add NOT NULL, give a list to `cursor:` (COALESCE), or set `nulls: include`.',
  ),
  LIB206: row('the job has no key', 'permanent', 1, 'Give the columns that identify a row as `key:`.'),
  LIB207: row('the source refused the statement', 'permanent', 1, "Mend the query or grant SELECT; the server's words are in the message."),
  LIB208: row('the column cannot be the cursor or the key', 'permanent', 1, 'Use a timestamp, or an integer that only grows.'),
  LIB209: row(
    'a statement on the source took too long',
    'transient',
    1,
    'Add an index on (cursor, key), lower `batch:`, or raise `statementTimeout:`.',
  ),
  LIB210: row(
    'the connection to the source was lost',
    'transient',
    3,
    "Nothing: it is tried again; look at the server's log if it goes on.",
  ),
  LIB211: row('a value cannot be published', 'permanent', 1, 'Mend the value, or leave the column out by `columns:`.'),
  LIB212: row('the key is not unique', 'permanent', 1, 'Give all columns that together identify a row as `key:`.'),
  LIB213: row('the source user lacks a privilege', 'permanent', 1, 'Grant what the message names.'),
  LIB214: row('the source does not support what the job asks', 'permanent', 1, 'See docs/jobs.md for what each database supports.'),
  LIB215: row(
    'the relation changed while it was read',
    'transient',
    1,
    'Nothing: it is looked at again, and the job goes on with what it finds.',
  ),

  LIB301: row('the sink cannot be reached', 'transient', 3, "Check the brokers' addresses and that they are up."),
  LIB302: row('the sink refused the login', 'permanent', 3, 'Check sasl and tls.'),
  LIB303: row('the topic is missing', 'permanent', 1, 'Create it, or let liberate create it with `topicDefaults:`.'),
  LIB304: row('the topic does not fit the job', 'permanent', 1, 'Change the topic as the message says, or publish to another.'),
  LIB305: row('a record is larger than the sink accepts', 'permanent', 1, "Raise the topic's max.message.bytes, or exclude a wide column."),
  LIB306: row('the sink could not write', 'transient', 1, 'Free room on the disk or mend the permissions.'),
  LIB307: row('a file of the sink is damaged', 'permanent', 1, 'Move the file away and reset the job, so that it is written anew.'),
  LIB308: row('the sink did not answer in time', 'transient', 3, 'Nothing: it is tried again; look at the broker if it goes on.'),
  LIB309: row('the sink refused a record', 'permanent', 1, "The message has the broker's reason and the key."),
  LIB310: row('the sink lacks a permission', 'permanent', 1, 'Grant the ACL that the message names.'),
  LIB311: row('the reader of stdout has gone away', 'permanent', 1, 'Keep the reading program running as long as liberate.'),

  LIB401: row('the state store cannot be reached', 'transient', 3, 'Check `state:` and that the server is up.'),
  LIB402: row('the state is damaged', 'permanent', 3, 'Restore the file from a backup, or `liberate state import` an export.'),
  LIB403: row('the state file belongs to another program', 'permanent', 3, 'Give another path or schema in `state:`.'),
  LIB404: row('the state was written by a newer liberate', 'permanent', 3, 'Run that version or a later one.'),
  LIB405: row('the state cannot be written', 'permanent', 3, 'Make the file and its folder writable for this user.'),
  LIB406: row('another runner holds the lease', 'transient', 4, 'Stop the other runner, or wait until its lease ends.'),
  LIB407: row('the lease was lost while the job ran', 'transient', 1, 'Nothing: what was not committed is read again by the new holder.'),
  LIB408: row('the state store is locked', 'transient', 3, 'Find what holds it; it is tried again.'),
  LIB409: row('the state store refused the login', 'permanent', 3, 'Check user, password and database in `state:`.'),
  LIB410: row('the file to import is not a liberate export', 'permanent', 2, 'Give a file that `liberate state export` wrote.'),

  LIB501: row(
    "the job's definition changed under a saved mark",
    'permanent',
    1,
    '`liberate state reset FILE --job J` loads afresh; `liberate state set FILE --job J --accept` keeps the mark.',
  ),
  LIB502: row('the job ran longer than its timeout', 'transient', 1, 'Raise `timeout:`, or lower `batch:`.'),
  LIB503: row('an earlier backfill is unfinished', 'permanent', 2, '`--resume` goes on with it; `--restart` gives it up and begins anew.'),
  LIB504: row(
    'the backfill to resume was begun otherwise',
    'permanent',
    2,
    'Resume it as it was begun, or give it up and begin anew by `--restart`.',
  ),
  LIB505: row('the temporary file cannot be written', 'permanent', 3, 'Free room in the temporary folder, or name another by TMPDIR.'),

  LIB601: row('the HTTP address cannot be listened on', 'permanent', 3, 'Give another address in `http:`, or stop what listens there.'),

  LIB701: row(
    'the schema changed in a way that breaks consumers',
    'permanent',
    1,
    'See what changed in the message; `liberate schema diff` shows it whole. Rename or cast by `columns:`, or allow it by `compatibility:`.',
  ),
  LIB702: row('the schema registry cannot be reached', 'transient', 3, 'Check `registry:` and that it is up.'),
  LIB703: row('the schema registry refused the login', 'permanent', 3, "Check the registry's user and password, or its token."),
  LIB704: row('the schema registry refused the schema', 'permanent', 1, "The message has the registry's reason."),
  LIB705: row(
    'the schema registry answered what cannot be understood',
    'transient',
    3,
    'Check that the URL is that of a registry and not of a proxy.',
  ),
  LIB706: row('the schema is not in the registry', 'permanent', 1, 'Register it, or let liberate do so: `register: true`.'),
  LIB707: row('the history of a schema is damaged', 'permanent', 1, 'Mend or move away what the message names.'),

  LIB901: row('liberate has a defect', 'permanent', 1, 'Please report it with the stack.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** What an error is about; printed in front of it, and machine-readable under `--json`. */
export interface ErrorPlace {
  readonly job?: string | undefined;
  readonly column?: string | undefined;
  /** Key of the one record that is at fault, as text. */
  readonly key?: string | undefined;
  /** `file:line:column` in the jobs file. */
  readonly at?: string | undefined;
}

/**
 * A failure with a row in the table. `message` is: what failed, what was found. The cure is
 * the table's unless a better one is given. Never put a secret or a bound value's password in it.
 */
export class LiberateError extends Error {
  readonly code: ErrorCode;
  readonly place: ErrorPlace;
  readonly cure: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly place?: ErrorPlace; readonly cure?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LiberateError';
    this.code = code;
    this.place = options.place ?? {};
    this.cure = options.cure ?? errorTable[code].cure;
  }

  get exit(): number {
    return errorTable[this.code].exit;
  }

  get transient(): boolean {
    return errorTable[this.code].retry === 'transient';
  }

  /** The same error, with what is now known of its place. */
  at(place: ErrorPlace): LiberateError {
    return new LiberateError(this.code, this.message, {
      place: { ...place, ...this.place },
      cure: this.cure,
      cause: this.cause,
    });
  }
}

/** `LIB203 job "orders": table shop.orders does not exist. Check the name …` */
export function formatError(error: LiberateError): string {
  const { at, job, column } = error.place;
  const where = [job === undefined ? '' : `job "${job}"`, column === undefined ? '' : `column "${column}"`].filter((part) => part !== '');
  const head = `${error.code}${where.length > 0 ? ` ${where.join(', ')}` : ''}: ${error.message}`;
  const sentence = /[.!?]$/.test(head) ? head : `${head}.`;
  return `${at === undefined ? '' : `${at}: `}${sentence} ${error.cure}`;
}

/** Any thrown thing as a LiberateError; what the adapters did not sort is a defect of ours. */
export function asLiberateError(thrown: unknown): LiberateError {
  if (thrown instanceof LiberateError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new LiberateError('LIB901', message, { cause: thrown });
}
