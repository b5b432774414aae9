export interface TopicSpec {
  readonly name: string;
  /** Keyed streams are compacted; a stream without keys keeps all. */
  readonly keyed: boolean;
  /** Of dead letters: keeps all of them, and takes those that are wider than any event may be. */
  readonly letters?: boolean;
}

/** One event as it leaves. `value: null` is a tombstone. */
export interface OutboundRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since 1970 as decimal text, never negative: event time, or the read time. */
  readonly timestamp: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What decides the partition in place of the key; left out: the key does. */
  readonly route?: Buffer;
}
