import { LiberateError } from '../kit/errors.ts';
import { cutShort, type DeadLetter, letterIn, nameOfLetter, recordOfLetter } from '../model/dead-letter.ts';
import type { TopicSpec } from '../model/record.ts';
import { RecordBatch } from '../model/record-batch.ts';
import type { Observer } from '../observe/event.ts';
import type { Sink } from '../sink/sink.ts';
import { endIfThere, type StreamReader } from '../sink/stream-reader.ts';

/** Letters by name, the newest of each. */
type Standing = Map<string, DeadLetter>;

export interface LettersOptions {
  readonly job: string;
  /** The topic that the letters go to. */
  readonly topic: TopicSpec;
  readonly sink: Pick<Sink, 'prepare' | 'send'>;
  readonly openReader: () => Promise<StreamReader>;
  readonly observer: Observer;
}

/**
 * The dead letters of a job. Each row is in there once however often it is met: before the first is written, those that stand
 * are read back, and after a failure, whose outcome is unknown, again. The job's lease is held, so nobody else writes meanwhile.
 */
export class Letters {
  readonly #options: LettersOptions;
  #standing: Standing | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** Names of those that came since `watch`, known ones too. */
  #watched: Set<string> | null = null;

  constructor(options: LettersOptions) {
    this.#options = options;
  }

  /** How many stand; null: not looked at since the last failure. */
  get count(): number | null {
    return this.#standing?.size ?? null;
  }

  /** What is known may no longer be so: another runner may have written. */
  forget(): void {
    this.#standing = null;
  }

  /** The names of all that come from now on. */
  watch(): ReadonlySet<string> {
    this.#watched = new Set();
    return this.#watched;
  }

  /** Those that stand. */
  standing(signal: AbortSignal): Promise<ReadonlyMap<string, DeadLetter>> {
    return this.#inTurn(() => this.#load(signal));
  }

  /** Resolves when they are durably there; how many were not there before. */
  add(letters: readonly DeadLetter[], signal: AbortSignal): Promise<number> {
    return this.#inTurn(async () => {
      const standing = await this.#load(signal);
      let added = 0;
      for (const letter of letters) {
        const name = nameOfLetter(letter);
        this.#watched?.add(name);
        if (standing.get(name)?.id === letter.id) continue;
        await this.#send(letter, signal);
        standing.set(name, letter);
        added += 1;
      }
      const [first] = letters;
      if (added > 0 && first !== undefined) this.#tell(added, first);
      return added;
    });
  }

  /** They are settled: what was wrong is not so any more, or the row is gone. */
  resolve(names: readonly string[], signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      const standing = await this.#load(signal);
      const batch = new RecordBatch({ 'liberate.job': this.#options.job });
      const timestamp = String(Date.now());
      for (const name of names) batch.add({ key: Buffer.from(name), value: null, timestamp });
      if (batch.count > 0) await this.#options.sink.send(this.#options.topic.name, batch, signal);
      for (const name of names) standing.delete(name);
    });
  }

  async #load(signal: AbortSignal): Promise<Standing> {
    if (this.#standing !== null) return this.#standing;
    const { sink, topic, openReader, job } = this.#options;
    await sink.prepare(topic, signal);
    await using reader = await openReader();
    this.#standing = await readLetters(reader, topic.name, job, signal);
    return this.#standing;
  }

  /** The whole row as long as the topic takes it. */
  async #send(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    try {
      await this.#sendOne(letter, signal);
    } catch (error) {
      if (!(error instanceof LiberateError) || error.code !== 'LIB305') throw error;
      await this.#sendOne(cutShort(letter), signal);
    }
  }

  async #sendOne(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    const batch = new RecordBatch({ 'liberate.job': letter.job, 'liberate.code': letter.code });
    batch.add(recordOfLetter(letter));
    await this.#options.sink.send(this.#options.topic.name, batch, signal);
  }

  #tell(added: number, { code, key, reason }: DeadLetter): void {
    const { observer, job, topic } = this.#options;
    const rows = added === 1 ? 'a row was not published and is' : `${added} rows were not published and are`;
    const first = `${added === 1 ? '' : 'the first '}${key === null ? 'without a key' : key}, ${code}: ${reason}`;
    observer({
      type: 'job.warning',
      job,
      message: `${rows} in the dead letters, ${topic.name}: ${first}`,
      cure: 'Mend what the reason says; `liberate deadletters replay` then publishes it as it is.',
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work).catch((error: unknown) => {
      // What was sent may have arrived all the same.
      this.#standing = null;
      throw error;
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** The letters of a job that stand in a topic: of each name the newest, unless it was settled. */
export async function readLetters(reader: StreamReader, topic: string, job: string, signal: AbortSignal): Promise<Standing> {
  const standing: Standing = new Map();
  const end = await endIfThere(reader, topic, signal);
  if (end === null) return standing;
  for await (const records of reader.read(topic, null, end, signal)) {
    for (const { key, value } of records) {
      if (key === null) continue;
      const name = key.toString('utf8');
      const letter = value === null ? null : letterIn(value);
      if (letter === null) standing.delete(name);
      else if (letter.job === job) standing.set(name, letter);
    }
  }
  return standing;
}
