import { PackedRows } from '../../model/packed-rows.ts';
import type { RowBatch } from '../../model/row.ts';
import type { Flavour } from '../../query/flavour.ts';
import type { ReadRequest } from '../../query/request.ts';
import { Page } from '../batches.ts';
import { confirming } from '../confirming.ts';
import { PackedRaws } from '../packed-batch.ts';
import type { SmallPage } from '../source.ts';
import type { Connections } from './connection.ts';
import type { Question } from './exchange.ts';
import { InstantTexts, PagePlans } from './page-plan.ts';
import type { Session } from './session.ts';
import { formsOf } from './types.ts';
import { versionOf } from './version.ts';

type Answer = SmallPage | null | 'apart';

/** Pages of one exchange. */
const mostPages = 100;
/** Bytes of rows in one exchange, past which the pages that are left are read apart. */
const mostBytes = 4 * 1024 * 1024;
/** Milliseconds without an answer after which the others do not wait for the one that is being read (its table may be locked), and of a whole exchange. */
const patienceMs = 500;
const longestMs = 2000;
/** Buffers that a wide row has grown beyond this are not used again. */
const keptBytes = 64 * 1024;

/** What is kept from one page of a job to the next: it has one at a time. */
interface Desk {
  readonly plans: PagePlans;
  rows: PackedRows | null;
}

interface Asked {
  readonly request: ReadRequest;
  answer(answer: Answer): void;
}

/**
 * First pages of jobs that fall due in the same moment: one round trip on one connection, for each page a statement in a
 * transaction of its own. Whatever goes wrong or takes long, each page has its answer within about two seconds, if only `apart`.
 */
export class Together implements AsyncDisposable {
  readonly #connections: Connections;
  readonly #flavourFor: (session: Session) => Flavour;
  readonly #closing = new AbortController();
  readonly #instants = new InstantTexts();
  #asked: Asked[] = [];
  #begun = false;
  /** Exchanges, also those that nobody waits for any more. */
  readonly #underWay = new Set<Promise<void>>();
  /** By the columns of its pages, which are a job's own. */
  readonly #desks = new WeakMap<ReadRequest['columns'], Desk>();

  constructor(connections: Connections, flavourFor: (session: Session) => Flavour) {
    this.#connections = connections;
    this.#flavourFor = flavourFor;
  }

  read(request: ReadRequest): Promise<Answer> {
    if (this.#closing.signal.aborted) return Promise.resolve('apart');
    return new Promise((resolve) => {
      this.#asked.push({ request, answer: resolve });
      if (this.#begun) return;
      this.#begun = true;
      // After every timer that is due and what follows from it.
      setImmediate(() => void this.#askAll());
    });
  }

  async #askAll(): Promise<void> {
    while (this.#asked.length > 0) await this.#ask(this.#asked.splice(0, mostPages));
    this.#begun = false;
  }

  /** Resolves when all are answered; the connection may be occupied for longer. */
  #ask(asked: readonly Asked[]): Promise<void> {
    return new Promise((resolve) => {
      const patience = new Patience(this.#closing.signal, () => {
        for (const { answer } of asked) answer('apart');
        resolve();
      });
      const work = this.#exchange(asked, patience)
        // Why does not matter: asked alone, the source says it again, to the job that it concerns.
        .catch(() => undefined)
        .finally(() => {
          patience.end();
          this.#underWay.delete(work);
        });
      this.#underWay.add(work);
    });
  }

  async #exchange(asked: readonly Asked[], patience: Patience): Promise<void> {
    await using session = await this.#connections.open(patience.signal);
    const flavour = this.#flavourFor(session);
    const questions = asked.map((one) => this.#question(one, flavour, patience));
    await session.exchange(questions);
    patience.end();
  }

  #question({ request, answer }: Asked, flavour: Flavour, patience: Patience): Question {
    const desk = this.#desk(request.columns);
    const { plan, values } = desk.plans.planned(flavour, request);
    const rows = this.#buffer(desk, request.columns, plan.width);
    return {
      text: plan.sql,
      values,
      rows,
      answered: (well) => {
        patience.answered(rows.length);
        if (!well) answer('apart');
        else if (rows.count === 0) answer(null);
        else answer({ packed: rows, rows: () => new Page(request, plan, this.#confirmation(request)).batch(new PackedRaws(rows), true) });
      },
    };
  }

  /** The exchange's own connection has gone on to others by the time that rows are to leave. */
  #confirmation(request: ReadRequest): RowBatch['confirm'] {
    const { signal } = this.#closing;
    const look = (session: Session): Promise<string> =>
      versionOf(session, this.#flavourFor(session), request.relation, request.version ?? '');
    return confirming(request, () => this.#connections.use(signal, look));
  }

  #desk(columns: ReadRequest['columns']): Desk {
    const desk = this.#desks.get(columns) ?? { plans: new PagePlans(this.#instants), rows: null };
    this.#desks.set(columns, desk);
    return desk;
  }

  #buffer(desk: Desk, columns: ReadRequest['columns'], width: number): PackedRows {
    const kept = desk.rows;
    if (kept !== null && kept.width === width && kept.bytes.length <= keptBytes) {
      kept.clear();
      return kept;
    }
    const rows = new PackedRows(formsOf(columns), width);
    desk.rows = rows;
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the source was closed'));
    await Promise.all(this.#underWay);
  }
}

/** How long an exchange is waited for: `over` is called once, at its end or when it is left. */
class Patience {
  readonly #controller = new AbortController();
  readonly #closing: AbortSignal;
  readonly #over: () => void;
  readonly #leave = (): void => {
    this.end();
    this.#controller.abort(new Error('the page is read apart'));
  };
  readonly #began = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #answers = 0;
  #seen = 0;
  #bytes = 0;
  #ended = false;

  constructor(closing: AbortSignal, over: () => void) {
    this.#closing = closing;
    this.#over = over;
    closing.addEventListener('abort', this.#leave, { once: true });
    this.#wait();
  }

  /** Aborts when the exchange is left. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  answered(bytes: number): void {
    this.#answers += 1;
    this.#bytes += bytes;
    if (this.#bytes > mostBytes) this.#leave();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#closing.removeEventListener('abort', this.#leave);
    this.#over();
  }

  #wait(): void {
    // A turn of the loop later: where this process itself was busy, the answers are there and only not read yet.
    this.#timer = setTimeout(() => setImmediate(() => this.#look()), patienceMs);
  }

  #look(): void {
    if (this.#ended) return;
    if (this.#answers === this.#seen || performance.now() - this.#began > longestMs) this.#leave();
    else {
      this.#seen = this.#answers;
      this.#wait();
    }
  }
}
