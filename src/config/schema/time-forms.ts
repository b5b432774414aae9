import { parseDuration } from '../../kit/duration.ts';
import { cronFault, isTimezone } from '../cron.ts';
import { type Reading, reading } from './forms.ts';

const durationPattern = '(\\d+(\\.\\d+)?(ms|s|m|h|d))+';
const durationWords = 'a duration such as 500ms, 10s, 5m, 1h30m or 1d';

/** Milliseconds. `least`: 1 where zero has no meaning. */
export function duration(least: 0 | 1 = 1) {
  return reading<number>(durationWords, (text) => readDuration(text, least), { pattern: `^${durationPattern}$` });
}

/** Milliseconds from one poll to the next; `most`: what they may grow to. */
export interface Interval {
  readonly ms: number;
  readonly most?: number;
}

export function interval() {
  return reading<Interval>(durationWords, readInterval, { pattern: `^${durationPattern}(\\.\\.${durationPattern})?$` });
}

function readInterval(text: string): Reading<Interval> {
  const [first = '', second, ...rest] = text.split('..');
  if (rest.length > 0) return {};
  const ms = readDuration(first, 1);
  if (!('value' in ms) || second === undefined) return 'value' in ms ? { value: { ms: ms.value } } : ms;
  const most = readDuration(second, 1);
  if (!('value' in most)) return most;
  return most.value < ms.value
    ? { expected: 'two durations, the shorter first, such as 200ms..10s' }
    : { value: { ms: ms.value, most: most.value } };
}

function readDuration(text: string, least: 0 | 1): Reading<number> {
  const ms = parseDuration(text);
  if (ms === null) return { cure: /^\d+(\.\d+)?$/.test(text.trim()) ? `Write the unit too: ${text.trim()}s for seconds.` : undefined };
  if (ms < least) return { expected: `${durationWords}, more than zero` };
  // The longest that a timer and an exact number of milliseconds can both hold.
  return ms > 2 ** 31 - 1 ? { expected: `${durationWords}, at most 24d` } : { value: Math.ceil(ms) };
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
