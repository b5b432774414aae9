import { parseDuration } from '../../kit/duration.ts';
import { cronFault, isTimezone } from '../cron.ts';
import { reading } from './forms.ts';

const durationWords = 'a duration such as 500ms, 10s, 5m, 1h30m or 1d';

/** Milliseconds. `least`: 1 where zero has no meaning. */
export function duration(least: 0 | 1 = 1) {
  return reading<number>(
    durationWords,
    (text) => {
      const ms = parseDuration(text);
      if (ms === null) return { cure: /^\d+(\.\d+)?$/.test(text.trim()) ? `Write the unit too: ${text.trim()}s for seconds.` : undefined };
      if (ms < least) return { expected: `${durationWords}, more than zero` };
      // The longest that a timer and an exact number of milliseconds can both hold.
      return ms > 2 ** 31 - 1 ? { expected: `${durationWords}, at most 24d` } : { value: Math.ceil(ms) };
    },
    { pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' },
  );
}

export function cron() {
  return reading<string>('five or six cron fields in quotes, such as "*/5 * * * *"', (text) => {
    const fault = cronFault(text);
    return fault ?? { value: text.trim().replace(/\s+/g, ' ') };
  });
}

export function timezone() {
  return reading<string>('an IANA time zone such as Europe/Berlin or UTC', (text) =>
    isTimezone(text) ? { value: text } : { cure: 'Use a name of the IANA time zone database: Europe/Berlin, America/New_York, UTC.' },
  );
}
