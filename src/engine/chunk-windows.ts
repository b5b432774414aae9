import { createRequire } from 'node:module';
import type { DateTime } from 'luxon';
import { parseDuration } from '../kit/duration.ts';

/** `1d`: from midnight to midnight of a zone's clock, 23 to 25 hours; `24h`: that time as it passes. */
export type WindowSize = { readonly kind: 'days'; readonly days: number } | { readonly kind: 'elapsed'; readonly ms: number };

/** More chunks than this would be more record keeping than reading. */
export const mostWindows = 4_000;

// luxon is loaded only where --window is given.
const require = createRequire(import.meta.url);
const luxon = (): typeof import('luxon') => require('luxon') as typeof import('luxon');

/** null when it is none. */
export function parseWindow(text: string): WindowSize | null {
  const days = /^\s*([1-9]\d{0,4})d\s*$/.exec(text);
  if (days !== null) return { kind: 'days', days: Number(days[1]) };
  const ms = parseDuration(text);
  return ms === null || ms < 1000 || !Number.isSafeInteger(ms) ? null : { kind: 'elapsed', ms };
}

export interface Span {
  /** Milliseconds since 1970 of the first stamp and of the last; of local times as if their clock were UTC's. */
  readonly first: number;
  readonly last: number;
  /** The stamps are instants; otherwise local times of the zone. */
  readonly instants: boolean;
  readonly zone: string;
}

/**
 * Pure: where one window ends and the next begins, rising, each after `first` and not after `last`, in the form of `first`. null
 * where there are more than `mostWindows`.
 */
export function windowEdges(size: WindowSize, span: Span): readonly number[] | null {
  const edges: number[] = [];
  const at = edge(size, span);
  let before = span.first;
  for (let number = 1; ; number += 1) {
    const next = at(number);
    if (next > span.last) return edges;
    // A clock that is set back shows an hour twice: there an edge may come out where the one before it is, or earlier.
    if (next <= before) continue;
    if (edges.length >= mostWindows) return null;
    edges.push(next);
    before = next;
  }
}

function edge(size: WindowSize, { first, instants, zone }: Span): (number: number) => number {
  const { DateTime } = luxon();
  if (size.kind === 'days') {
    const midnight = DateTime.fromMillis(first, { zone: instants ? zone : 'utc' }).startOf('day');
    // From the first midnight each time: one that the zone leaves out must not move those after it.
    return (number) =>
      midnight
        .plus({ days: number * size.days })
        .startOf('day')
        .toMillis();
  }
  if (instants) return (number) => first + number * size.ms;
  const wall = (time: DateTime): number => time.setZone('utc', { keepLocalTime: true }).toMillis();
  const begin = DateTime.fromMillis(first, { zone: 'utc' }).setZone(zone, { keepLocalTime: true }).toMillis();
  return (number) => wall(DateTime.fromMillis(begin + number * size.ms, { zone }));
}
