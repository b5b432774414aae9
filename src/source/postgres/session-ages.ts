import type { Sighting } from './horizon.ts';

/**
 * Since when the sessions of a database have been there, also for a user to whom the server does not tell when others began: such a
 * session is known by its process number, from the look that first met it. One that was there at the first look
 * of all may have been there for ever. A number that is used again makes a session seem older, never younger.
 */
export class SessionAges {
  #firstSeen: ReadonlyMap<string, bigint> | null = null;
  #newest = 0n;

  /** When the eldest session began at the latest, microseconds since 1970. */
  eldest({ now, began, eldest, unnamed }: Pick<Sighting, 'now' | 'began' | 'eldest' | 'unnamed'>): bigint {
    const known = this.#firstSeen;
    const seen = new Map(unnamed.map((pid) => [pid, known === null ? 0n : (known.get(pid) ?? began)]));
    // Two looks may be under way at once: an older one must not take from the memory who came since.
    if (began >= this.#newest) {
      this.#firstSeen = seen;
      this.#newest = began;
    }
    return [...seen.values()].reduce((first, other) => (other < first ? other : first), eldest ?? now);
  }
}
