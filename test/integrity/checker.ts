/** An event of a stream as text; `value: null` is a tombstone. */
export interface KeyedEvent {
  readonly key: string;
  readonly value: string | null;
}

/** How a stream differs from the table it stands for; each list holds one entry a fault, by key. */
export interface Verdict {
  readonly rows: number;
  readonly events: number;
  /** Rows of the table that the folded stream does not have. */
  readonly missing: readonly string[];
  /** Rows that it has otherwise. */
  readonly stale: readonly string[];
  /** Rows that it has and the table has not. */
  readonly extra: readonly string[];
  /** Events that carry an older version than an event of the key before them. */
  readonly reordered: readonly string[];
  /** Events that say what the key's event before them said. */
  readonly repeated: readonly string[];
}

/** `table`: key → value, as the stream writes both. `versionOf`: a number that each change of a row raises. */
export function checkStream(
  events: readonly KeyedEvent[],
  table: ReadonlyMap<string, string>,
  versionOf: (value: string) => number,
): Verdict {
  const folded = new Map<string, string>();
  const newest = new Map<string, number>();
  const last = new Map<string, string | null>();
  const reordered: string[] = [];
  const repeated: string[] = [];
  for (const { key, value } of events) {
    if (last.get(key) === value) repeated.push(key);
    last.set(key, value);
    if (value === null) {
      folded.delete(key);
      continue;
    }
    folded.set(key, value);
    const version = versionOf(value);
    const before = newest.get(key) ?? version;
    if (version < before) reordered.push(key);
    newest.set(key, Math.max(version, before));
  }
  const keys = [...table.keys()];
  return {
    rows: table.size,
    events: events.length,
    missing: keys.filter((key) => !folded.has(key)),
    stale: keys.filter((key) => folded.has(key) && folded.get(key) !== table.get(key)),
    extra: [...folded.keys()].filter((key) => !table.has(key)),
    reordered,
    repeated,
  };
}

/** The counts alone, for a printed line. */
export function counts(verdict: Verdict): Readonly<Record<string, number>> {
  const { rows, events, missing, stale, extra, reordered, repeated } = verdict;
  return {
    rows,
    events,
    missing: missing.length,
    stale: stale.length,
    extra: extra.length,
    reordered: reordered.length,
    repeated: repeated.length,
  };
}
