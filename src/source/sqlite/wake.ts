import { realpath, stat } from 'node:fs/promises';
import BetterSqlite3 from 'better-sqlite3';
import { systemClock } from '../../kit/clock.ts';
import { asLiberateError, LiberateError } from '../../kit/errors.ts';
import type { Wake } from '../../model/job.ts';
import { keepOpen } from '../keep-open.ts';
import type { HintListener, Hints } from '../source.ts';
import { sqliteError } from './errors.ts';
import { watchFiles } from './watch-files.ts';

/**
 * After the file was written the commit may not be visible yet (a WAL is written first, synced, and only then told of), and
 * a second commit may hide behind the first: so after each change SQLite is asked again at growing distances. In
 * milliseconds: the first, the longest, and how long in all.
 */
const firstLook = 1;
const longestLook = 200;
const lookingFor = 5000;

/** Milliseconds between two looks where the system does not tell of changes: too few watches left, or a file system without. */
const unwatchedLook = 100;

/** Watches the file and its WAL, and asks SQLite itself (`PRAGMA data_version`) whether another connection has committed. */
export class FileHints implements Hints, AsyncDisposable {
  readonly #path: string;
  readonly #listeners = new Set<HintListener>();
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Every commit changes the file. */
  setup(): null {
    return null;
  }

  watch(_wake: Wake, listener: HintListener): AsyncDisposable {
    const first = this.#listeners.size === 0;
    this.#listeners.add(listener);
    if (first) {
      this.#stop = new AbortController();
      const { signal } = this.#stop;
      this.#running = this.#running.then(() => this.#keep(signal));
    } else {
      listener.hint();
    }
    return { [Symbol.asyncDispose]: () => this.#leave(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    this.#stop.abort();
    await this.#running;
  }

  async #leave(listener: HintListener): Promise<void> {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    this.#stop.abort();
    await this.#running;
  }

  #keep(signal: AbortSignal): Promise<void> {
    const trouble = (thrown: unknown): void => this.#someone()?.trouble(thrown === null ? null : this.#sorted(thrown));
    return keepOpen((up) => this.#watched(up, signal), trouble, signal);
  }

  /** One file, until another takes its place or the signal aborts. */
  async #watched(up: () => void, signal: AbortSignal): Promise<void> {
    // The WAL lies beside the file itself, not beside a link to it.
    const path = await realpath(this.#path);
    const { ino, dev } = await stat(path);
    using files = watchFiles(path);
    using database = openVersion(path);
    let known = database.version();
    up();
    this.#tell();
    let pause = Number.POSITIVE_INFINITY;
    for (let until = 0; ; ) {
      const change = await files.change(files.watching ? pause : Math.min(pause, unwatchedLook), signal);
      if (signal.aborted) return;
      const now = systemClock.now();
      if (change !== 'none') [pause, until] = [firstLook, now + lookingFor];
      else pause = now < until ? Math.min(pause * 2, longestLook) : Number.POSITIVE_INFINITY;
      const found = database.version();
      if (found !== null && found !== known) {
        known = found;
        this.#tell();
      }
      if (change !== 'renamed' && files.watching) continue;
      const file = await stat(path);
      if (file.ino !== ino || file.dev !== dev) return;
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener.hint();
  }

  #someone(): HintListener | undefined {
    for (const listener of this.#listeners) return listener;
    return undefined;
  }

  #sorted(thrown: unknown): LiberateError {
    const found = sqliteError(this.#path, thrown);
    if (found instanceof Error && 'code' in found && found.code === 'ENOENT') {
      return new LiberateError('LIB201', `${this.#path} cannot be watched: there is no such file`, { cause: thrown });
    }
    return asLiberateError(found);
  }
}

interface VersionReader extends Disposable {
  /** Differs from the last one when another connection has committed meanwhile; null while a writer keeps readers out. */
  version(): number | null;
}

/** A connection of its own: the number is only comparable within one. It waits for no lock, since waiting stops the process. */
function openVersion(path: string): VersionReader {
  const database = new BetterSqlite3(path, { readonly: true, fileMustExist: true, timeout: 0 });
  const ask = (): number | null => {
    try {
      return database.pragma('data_version', { simple: true }) as number;
    } catch (thrown) {
      if (thrown instanceof BetterSqlite3.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(thrown.code)) return null;
      throw thrown;
    }
  };
  return { version: ask, [Symbol.dispose]: () => void database.close() };
}
