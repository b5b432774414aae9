import { createRequire } from 'node:module';

// Loaded, with luxon behind it, only where a file has a schedule.
const require = createRequire(import.meta.url);

const expected = 'five or six cron fields in quotes, such as "*/5 * * * *"';

/** Why a cron expression cannot be used; null when it can. */
export function cronFault(text: string): { readonly expected: string; readonly cure: string } | null {
  const cure = 'Write minute, hour, day of month, month and day of week; seconds may come first.';
  const fields = text.trim().split(/\s+/);
  // The parser would fill up missing fields, and `H` takes a different value at each start.
  if (fields.length < 5 || fields.length > 6 || fields.some((field) => /^H/i.test(field))) return { expected, cure };
  const { CronExpressionParser } = require('cron-parser') as typeof import('cron-parser');
  try {
    CronExpressionParser.parse(fields.join(' '), { tz: 'UTC' });
    return null;
  } catch {
    return { expected, cure: `${cure} Each within its range, and together on some day that exists.` };
  }
}

/** A zone that the system's own data knows by name; bare offsets have no daylight saving and are refused. */
export function isTimezone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
