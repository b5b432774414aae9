import type { Submittable } from 'pg';
import type { PackedRows } from '../../model/packed-rows.ts';
import { Messages } from './messages.ts';
import type { Answers, RowTap } from './row-tap.ts';

/** A statement that goes together with others. */
export interface Question {
  readonly text: string;
  readonly values: readonly string[];
  /** Takes the answer's rows. */
  readonly rows: PackedRows;
  /** Told when the server has ended the statement's transaction; false: it failed, and its rows are worth nothing. */
  answered(well: boolean): void;
}

/** Names of the statements that a connection keeps for exchanges, by their text; null: not to be prepared again. */
export type PreparedNames = Map<string, string | null>;

/** Statements that are kept prepared on a connection: each costs the server some kilobytes. */
const mostPrepared = 2000;

const parseComplete = 0x31;
const bindComplete = 0x32;
const commandComplete = 0x43;
const errorResponse = 0x45;
const readyForQuery = 0x5a;

/**
 * Statements in one write, each prepared and in a transaction of its own, as if they were sent one after the other. The driver sees one
 * query that ends with the last of them; why one failed is not read, since it will be asked again alone.
 */
export class Exchange implements Answers, Submittable {
  readonly #questions: readonly Question[];
  readonly #tap: RowTap;
  readonly #names: PreparedNames;
  readonly #ended: (error: unknown) => void;
  /** The question that is being answered. */
  #at = 0;
  #failed = false;

  /** `ended`: told once, with null or with what ended the connection. */
  constructor(questions: readonly Question[], tap: RowTap, names: PreparedNames, ended: (error: unknown) => void) {
    this.#questions = questions;
    this.#tap = tap;
    this.#names = names;
    this.#ended = ended;
  }

  submit(connection: { readonly stream: { write(bytes: Buffer): unknown } }): void {
    const messages = new Messages();
    for (const { text, values } of this.#questions) {
      const known = this.#names.get(text);
      const fresh = known === undefined && this.#names.size < mostPrepared;
      const name = known ?? (fresh ? `liberate_together_${this.#names.size}` : '');
      // Named from now on, so that two questions of one text do not take one name each.
      if (fresh) this.#names.set(text, name);
      if (fresh || name === '') messages.parse(name, text);
      messages.run(name, values);
      messages.sync();
    }
    this.#tap.show(this);
    this.#tap.collect(this.#questions[0]?.rows ?? null);
    connection.stream.write(messages.bytes());
  }

  frame(type: number): boolean {
    switch (type) {
      case parseComplete:
      case bindComplete:
      case commandComplete:
        return true;
      case errorResponse:
        this.#failed = true;
        return true;
      case readyForQuery:
        return this.#next();
      default:
        return false;
    }
  }

  /** True: others follow. */
  #next(): boolean {
    const question = this.#questions[this.#at] as Question;
    const failed = this.#failed;
    // Its plan may be out of date for good, or the name not be there: on this connection it is parsed each time.
    if (failed) this.#names.set(question.text, null);
    this.#failed = false;
    this.#at += 1;
    const following = this.#questions[this.#at];
    this.#tap.collect(following?.rows ?? null);
    question.answered(!failed);
    return following !== undefined;
  }

  handleReadyForQuery(): void {
    this.#close(null);
  }

  handleError(error: unknown): void {
    this.#close(error);
  }

  #close(error: unknown): void {
    this.#tap.show(null);
    this.#tap.collect(null);
    this.#ended(error);
  }
}
