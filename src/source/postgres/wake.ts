import pg from 'pg';
import { orAbort, throwIfAborted } from '../../kit/abort.ts';
import { systemClock } from '../../kit/clock.ts';
import { LiberateError } from '../../kit/errors.ts';
import type { TableName } from '../../model/column.ts';
import type { Wake } from '../../model/job.ts';
import { keepOpen } from '../keep-open.ts';
import type { HintListener, Hints } from '../source.ts';
import type { SourceConfig } from '../source-config.ts';
import { applicationName } from './connection.ts';
import { clientConfig } from './connection-config.ts';
import { sortError } from './errors.ts';
import { quote } from './flavour.ts';
import { triggerSql } from './wake-trigger.ts';

/**
 * A connection that only listens never writes, so a peer that vanished would go unnoticed for as long as TCP keeps
 * silent (hours, by default). One tiny question in this time also keeps NAT and firewalls, which forget an idle
 * connection after a minute or more, from doing so.
 */
const askEveryMs = 30_000;
const answerWithinMs = 10_000;

type Listeners = ReadonlySet<HintListener>;

/** LISTEN on one connection outside the pool, open while anyone watches. The payload of a notification is ignored. */
export class Notifications implements Hints, AsyncDisposable {
  readonly #config: SourceConfig;
  readonly #channels = new Map<string, Set<HintListener>>();
  #client: pg.Client | null = null;
  /** The newest statement on the connection. */
  #asked: Promise<unknown> = Promise.resolve();
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(config: SourceConfig) {
    this.#config = config;
  }

  setup(wake: Wake, table: TableName | null): string | null {
    return wake.kind === 'channel' ? triggerSql(wake.channel, table) : null;
  }

  watch(wake: Wake, listener: HintListener): AsyncDisposable {
    if (wake.kind !== 'channel') throw new LiberateError('LIB901', 'PostgreSQL was asked for the hints of a file');
    const { channel } = wake;
    const first = this.#channels.size === 0;
    const listeners = this.#channels.get(channel) ?? new Set();
    listeners.add(listener);
    this.#channels.set(channel, listeners);
    if (first) this.#start();
    else if (this.#client !== null) this.#listen(this.#client, channel, listener);
    return { [Symbol.asyncDispose]: () => this.#leave(channel, listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channels.clear();
    this.#stop.abort();
    await this.#running;
  }

  async #leave(channel: string, listener: HintListener): Promise<void> {
    const listeners = this.#channels.get(channel);
    if (listeners === undefined || !listeners.delete(listener) || listeners.size > 0) return;
    this.#channels.delete(channel);
    if (this.#channels.size === 0) {
      this.#stop.abort();
      await this.#running;
    } else {
      if (this.#client !== null) this.#query(this.#client, `UNLISTEN ${quote(channel)}`).catch(() => {});
    }
  }

  #start(): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    // Whoever watches again before the last connection has ended waits for its end.
    this.#running = this.#running.then(() => this.#keep(signal));
  }

  #keep(signal: AbortSignal): Promise<void> {
    const trouble = (thrown: unknown): void => this.#someone()?.trouble(thrown === null ? null : this.#sorted(thrown));
    return keepOpen((up) => this.#connected(up, signal), trouble, signal);
  }

  /** One connection, from its beginning to its end, which always is a failure or the signal. */
  async #connected(up: () => void, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const client = new pg.Client(clientConfig(this.#config));
    const lost = new AbortController();
    this.#asked = Promise.resolve();
    client.on('error', (error) => lost.abort(error));
    client.on('end', () => lost.abort(new LiberateError('LIB210', 'the server ended the connection that listens')));
    client.on('notification', ({ channel }) => tell(this.#channels.get(channel) ?? []));
    const over = AbortSignal.any([signal, lost.signal]);
    try {
      await orAbort(client.connect(), over);
      await orAbort(this.#query(client, settings), over);
      const channels = [...this.#channels.keys()];
      await orAbort(this.#query(client, channels.map((channel) => `LISTEN ${quote(channel)}`).join(';')), over);
      this.#client = client;
      // Those that came while the statement was on its way.
      for (const channel of this.#channels.keys()) {
        if (!channels.includes(channel)) this.#listen(client, channel, null);
      }
      up();
      for (const channel of channels) tell(this.#channels.get(channel) ?? []);
      await this.#keepAsking(client, over);
    } finally {
      this.#client = null;
      lost.abort();
      await close(client);
    }
  }

  /** Throws when nobody answers, or when the server knows nothing of our channels. */
  async #keepAsking(client: pg.Client, over: AbortSignal): Promise<void> {
    for (;;) {
      await systemClock.sleep(askEveryMs, over);
      throwIfAborted(over);
      const late = AbortSignal.any([over, AbortSignal.timeout(answerWithinMs)]);
      const { rows } = await orAbort(this.#query<{ n: string }>(client, 'SELECT count(*) AS n FROM pg_listening_channels()'), late);
      if (Number(rows[0]?.n) > 0) continue;
      throw new LiberateError('LIB210', 'the session that listens has lost its channels', {
        cure: 'A pooler that shares sessions between transactions (pgbouncer) stands between: give the server itself as `url:`.',
      });
    }
  }

  /** One statement after the other: the driver would queue them, and says that a later version will not. */
  #query<R extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<pg.QueryResult<R>> {
    const answer = this.#asked.then(() => client.query<R>(sql));
    this.#asked = answer.catch(() => undefined);
    return answer;
  }

  /** `newcomer`: the only one to be hinted; null: all of the channel. A failure ends the connection, which `#keep` brings back. */
  #listen(client: pg.Client, channel: string, newcomer: HintListener | null): void {
    this.#query(client, `LISTEN ${quote(channel)}`).then(
      () => tell(newcomer === null ? (this.#channels.get(channel) ?? []) : [newcomer]),
      () => client.end().catch(() => {}),
    );
  }

  #someone(): HintListener | undefined {
    for (const listeners of this.#channels.values()) for (const listener of listeners) return listener;
    return undefined;
  }

  #sorted(thrown: unknown): LiberateError {
    const { password } = this.#config;
    if (thrown instanceof DOMException) return new LiberateError('LIB210', 'the server answered nothing', { cause: thrown });
    return sortError(thrown, 'connected', password === null ? [] : [password]);
  }
}

function tell(listeners: Listeners | readonly HintListener[]): void {
  for (const listener of listeners) listener.hint();
}

/** A server that no longer answers is not waited for. */
async function close(client: pg.Client): Promise<void> {
  const stream = (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream;
  const timer = setTimeout(() => stream.destroy(), 1000);
  await client.end().catch(() => {});
  clearTimeout(timer);
}

/** Servers before 14 do not know the second. */
const settings =
  `SET application_name = '${applicationName}'; SET default_transaction_read_only = on; ` +
  "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN ('idle_session_timeout', 'statement_timeout')";
