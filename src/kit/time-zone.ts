const offset = /^([+-])(\d\d):(\d\d)$/;

/** Milliseconds that an offset such as `+02:00` is ahead of UTC; null: the name is none. */
export function fixedOffset(name: string): number | null {
  const [, sign, hours, minutes] = offset.exec(name) ?? [];
  if (sign === undefined) return null;
  const size = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? -size : size;
}

/** Is it a zone that a local time can be read in: an IANA name, or an offset such as `+02:00`? */
export function isTimeZone(name: string): boolean {
  if (offset.test(name)) return true;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What to say of a server whose own zone is none of these. */
export const unknownZone = (name: string): string =>
  `the server's time zone ${name} is not one that is known by its name: the record's time takes stamps without a zone for UTC; ` +
  'give `timezone:` of the source';
