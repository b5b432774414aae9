/**
 * One exact value of a row. Never a JavaScript Date, never a number that the database did not
 * itself hold as a double. The canonical form by column kind, which every source must deliver:
 *
 * | kind        | form |
 * | ----------- | ---- |
 * | boolean     | `true` / `false` |
 * | integer     | text of decimal digits with an optional minus, e.g. `"-9223372036854775808"` |
 * | decimal     | the server's text, e.g. `"12.50"`; also `"NaN"`, `"Infinity"`, `"-Infinity"` |
 * | float       | the server's shortest exact text, e.g. `"0.1"`, `"1e+300"`; also NaN and infinities |
 * | text, uuid, interval | the server's text |
 * | json        | the server's JSON text, not parsed |
 * | bytes       | Uint8Array |
 * | date        | `YYYY-MM-DD` (or the server's text where the calendar cannot say it: `infinity`, `0000-00-00`, BC) |
 * | time        | `HH:MM:SS[.ffffff]` with any zone offset the type has |
 * | timestamp   | `YYYY-MM-DDTHH:MM:SS[.ffffff]` (same exceptions as date) |
 * | timestamptz | `YYYY-MM-DDTHH:MM:SS[.ffffff]Z` (same exceptions as date) |
 * | array       | JSON text of the array, elements encoded as their own kind is in JSON |
 * | dynamic     | SQLite's storage classes: bigint (INTEGER), number (REAL), string, Uint8Array |
 */
export type Value = string | bigint | number | boolean | Uint8Array | null;
