import type { StreamPosition } from '../sink/stream-reader.ts';
import { keyText } from './digest.ts';
import type { VerifyContext } from './verify-context.ts';
import { digestWords } from './verify-digest.ts';
import { nextPoll, reloaded } from './verify-next-poll.ts';
import { letteredKeys, readEvents, readRows } from './verify-read.ts';
import { type Difference, DigestTable } from './verify-table.ts';

/** Looks at what goes on changing; after these it counts as in flight. */
const mostRounds = 4;
/** Characters of a sample key. */
const sampleLength = 200;

/** What was found of all keys that differ. */
export interface Findings {
  readonly counts: Record<Difference | 'inFlight' | 'unloaded' | 'deadLetters', number>;
  /** Texts of the first keys of each kind. */
  readonly samples: Readonly<Record<Difference, string[]>>;
  /** Most of these. */
  readonly most: number;
}

export const newFindings = (most: number): Findings => ({
  counts: { missing: 0, stale: 0, extra: 0, inFlight: 0, unloaded: 0, deadLetters: 0 },
  samples: { missing: [], stale: [], extra: [] },
  most,
});

export interface Verdict {
  /** The keys that were found to differ. */
  readonly accused: DigestTable;
  /** Up to where the topic was read. */
  readonly end: StreamPosition;
}

const settled = 1;
/** Of one round: it has changed, or the topic has a newer event of it; the next poll would publish it; the relation has a row of it. */
const touched = 2;
const due = 4;
const seen = 8;
const nothing = new Uint32Array(digestWords);

/**
 * Looks again at what differs, since writers and the poller go on. A row is accused only when it was the same before
 * and after a look at the job's saved state, which takes it for published, and the topic, read on to an end that is
 * newer than that state, has nothing new of it. So whatever is on its way is either in the topic by then, or the next
 * poll's to publish: no time is waited, and nothing depends on how fast anybody is. `from`: up to where the candidates' events
 * were folded.
 */
export async function recheck(
  context: VerifyContext,
  candidates: DigestTable,
  from: StreamPosition,
  findings: Findings,
  signal: AbortSignal,
): Promise<Verdict> {
  const round = new Rounds(context, candidates, findings);
  let end = from;
  for (let number = 0; number < mostRounds && round.left > 0; number += 1) {
    end = await round.look(end, signal);
  }
  return await round.verdict(end, signal);
}

class Rounds {
  readonly #context: VerifyContext;
  readonly #candidates: DigestTable;
  readonly #flags: Uint8Array;
  readonly #accused = new DigestTable();
  readonly #findings: Findings;
  /** Keys of which a dead letter stands. */
  #lettered = new DigestTable();
  left: number;

  constructor(context: VerifyContext, candidates: DigestTable, findings: Findings) {
    this.#context = context;
    this.#candidates = candidates;
    this.#flags = new Uint8Array(candidates.count);
    this.#findings = findings;
    this.left = candidates.count;
  }

  /** The order matters: the state first, then the letters, which stand before a mark passes their rows, then the topic's end, then the rows. */
  async look(from: StreamPosition, signal: AbortSignal): Promise<StreamPosition> {
    const { plan, reader } = this.#context;
    for (let entry = 0; entry < this.#flags.length; entry += 1) this.#flags[entry] = this.#flag(entry) & settled;
    const waits = plan.mode === 'bulk' && !(await reloaded(this.#context, signal));
    await nextPoll(this.#context, (record, publishes) => this.#met(record, publishes), signal);
    this.#lettered = await letteredKeys(this.#context, signal);
    const end = await reader.end(plan.topic.name, signal);
    await readEvents(this.#context, from, end, (record) => this.#event(record), signal);
    this.#each((entry) => {
      const difference = this.#candidates.difference(entry);
      if (difference === null) this.#settle(entry);
      else if ((this.#flag(entry) & due) !== 0 || (waits && difference !== 'extra')) this.#inFlight(entry);
    });
    if (this.left === 0) return end;
    await readRows(this.#context, false, (record, key) => this.#row(record, key), signal);
    this.#each((entry) => {
      if ((this.#flag(entry) & seen) === 0) this.#judge(entry, nothing, 0, null);
    });
    return end;
  }

  async verdict(end: StreamPosition, signal: AbortSignal): Promise<Verdict> {
    this.#each((entry) => this.#inFlight(entry));
    await this.#findExtras(end, signal);
    return { accused: this.#accused, end };
  }

  #flag(entry: number): number {
    return this.#flags[entry] as number;
  }

  #each(work: (entry: number) => void): void {
    for (let entry = 0; entry < this.#flags.length; entry += 1) if ((this.#flag(entry) & settled) === 0) work(entry);
  }

  #mark(entry: number, flag: number): void {
    if (entry >= 0) this.#flags[entry] = this.#flag(entry) | flag;
  }

  /** A row that changed may change back before it is looked at again: with a late stamp, the poll may take it for published. */
  #met(record: Uint32Array, publishes: boolean): void {
    const entry = this.#candidates.find(record, 0);
    if (entry < 0) return;
    if (publishes) this.#mark(entry, due);
    else if (!this.#candidates.isRow(entry, record, digestWords)) this.#mark(entry, touched);
  }

  #event(record: Uint32Array): void {
    const entry = this.#candidates.find(record, 0);
    if (entry < 0) return;
    this.#candidates.setEvent(entry, record, digestWords);
    this.#mark(entry, touched);
  }

  #row(record: Uint32Array, key: Buffer): void {
    const entry = this.#candidates.find(record, 0);
    if (entry < 0 || (this.#flag(entry) & settled) !== 0) return;
    this.#mark(entry, seen);
    this.#judge(entry, record, digestWords, key);
  }

  /** The row as it is now; all zero: there is none. */
  #judge(entry: number, row: Uint32Array, at: number, key: Buffer | null): void {
    const quiet = this.#candidates.isRow(entry, row, at) && (this.#flag(entry) & touched) === 0;
    this.#candidates.setRow(entry, row, at);
    const difference = this.#candidates.difference(entry);
    if (difference === null) this.#settle(entry);
    else if (quiet) this.#accuse(entry, difference, key);
  }

  #settle(entry: number): void {
    this.#mark(entry, settled);
    this.left -= 1;
  }

  #inFlight(entry: number): void {
    this.#settle(entry);
    this.#findings.counts.inFlight += 1;
  }

  #accuse(entry: number, difference: Difference, key: Buffer | null): void {
    this.#settle(entry);
    const { counts } = this.#findings;
    if (difference !== 'extra' && this.#lettered.find(this.#candidates.key(entry), 0) >= 0) {
      counts.deadLetters += 1;
      return;
    }
    // A job that skipped its load has promised only what came later, and nothing tells which rows did.
    if (difference === 'missing' && this.#context.plan.job.initial.kind === 'skip') {
      counts.unloaded += 1;
      return;
    }
    counts[difference] += 1;
    this.#accused.copy(this.#candidates, entry);
    if (key !== null) this.#sample(difference, key);
  }

  #sample(difference: Difference, key: Buffer): void {
    const texts = this.#findings.samples[difference];
    const text = keyText(key);
    const short = text.length > sampleLength ? `${text.slice(0, sampleLength)}…` : text;
    if (texts.length < this.#findings.most && !texts.includes(short)) texts.push(short);
  }

  /** What is extra is known by its digest alone: its key stands in the topic. */
  async #findExtras(end: StreamPosition, signal: AbortSignal): Promise<void> {
    const { counts, samples, most } = this.#findings;
    const wanted = Math.min(most, counts.extra);
    if (samples.extra.length >= wanted) return;
    const look = (record: Uint32Array, key: Buffer): boolean => {
      const entry = this.#accused.find(record, 0);
      if (entry >= 0 && this.#accused.difference(entry) === 'extra') this.#sample('extra', key);
      return samples.extra.length < wanted;
    };
    await readEvents(this.#context, null, end, look, signal);
  }
}
