import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqlite } from '../support/databases.ts';
import { liberate, type RunningLiberate, startLiberate } from '../support/liberate.ts';
import { waitFor } from '../support/wait-for.ts';
import { openPlace, type Place } from './place.ts';

const rows = 60_000;

/** Rows with a version that only grows, and a stamp with each. */
const many = `
  CREATE TABLE many (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL, updated_at TIMESTAMP NOT NULL);
  CREATE INDEX many_updated_at ON many (updated_at, id);
  INSERT INTO many WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${rows})
    SELECT id, 1, hex(randomblob(100)), strftime('%Y-%m-%d %H:%M:%S', 1735689600 + id * 60, 'unixepoch') || '.000000' FROM n;
`;

let place: Place;
beforeEach(async () => {
  place = await openPlace(many);
});
afterEach(() => place[Symbol.asyncDispose]());

/** The job, polled each 100 ms; a lease that is renewed each second. Pages so small that a backfill takes many. */
const jobs = (): string =>
  place.jobs(
    { many: { table: 'many', cursor: 'updated_at', every: '100ms', initial: 'skip', batch: 10, topic: 'many' } },
    { state: { url: 'sqlite:state.db', lease: '3s' } },
  );

interface Writer {
  /** Changes some rows, spread over the table, until it is stopped. */
  stop(): Promise<number>;
}

function write(): Writer {
  const session = openSqlite(place.path('shop.db'));
  let going = true;
  const writing = (async (): Promise<number> => {
    let turn = 0;
    for (; going; turn += 1) {
      const ids = Array.from({ length: 5 }, (_, n) => ((turn * 7919 + n * 6007) % rows) + 1).join(', ');
      await session
        .run(`UPDATE many SET version = version + 1, updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now') || '000' WHERE id IN (${ids})`)
        // Another has the file's lock just now.
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return turn;
  })();
  return {
    stop: async () => {
      going = false;
      const turns = await writing;
      await session[Symbol.asyncDispose]();
      return turns;
    },
  };
}

interface Told {
  /** Rows whose last event is not what they are. */
  readonly wrong: number;
  /** Events that bring an older version than one before them of the same row. */
  readonly wentBack: number;
  readonly events: number;
}

async function told(): Promise<Told> {
  const newest = new Map<number, number>();
  let wentBack = 0;
  const events = place.events('many');
  for (const { value } of events) {
    const [id, version] = [Number(value?.['id']), Number(value?.['version'])];
    if (version < (newest.get(id) ?? 0)) wentBack += 1;
    newest.set(id, version);
  }
  const table = await place.db.rows('SELECT id, version FROM many');
  const wrong = table.filter(([id, version]) => newest.get(Number(id)) !== Number(version)).length;
  return { wrong: wrong + newest.size - table.length, wentBack, events: events.length };
}

/** Until the stream is the table: polls go on, and nobody writes. */
const settled = async (): Promise<Told> => {
  await waitFor(async () => (await told()).wrong === 0, { timeout: 60_000, what: 'the polls to catch up' });
  return told();
};

/** A runner that has the job. */
async function runner(file: string): Promise<RunningLiberate> {
  const running = startLiberate(['run', file]);
  await running.line(({ relation }) => relation !== undefined);
  return running;
}

const polls = (running: RunningLiberate): number =>
  running.lines().filter(({ outcome, published }) => outcome === 'ok' && (published ?? 0) > 0).length;

describe('a backfill beside a runner that polls each 100 ms, and a writer of the same rows', () => {
  test('ends with 0; the runner goes on polling meanwhile, and each key’s last event is its newest state', {
    timeout: 180_000,
  }, async () => {
    const file = jobs();
    await using running = await runner(file);
    const writer = write();
    const before = polls(running);
    await using command = startLiberate(['backfill', file, '--job', 'many', '--json']);
    await running.line(({ msg }) => msg.includes('asks for, between its polls'));
    const begun = polls(running);
    const { code, stdout, stderr } = await command.finished;
    expect(code, stderr).toBe(0);
    const ended = polls(running);
    const turns = await writer.stop();
    expect([before < begun, begun < ended, turns > 0]).toEqual([true, true, true]);
    expect(stderr).toMatch(/runs the job, and does the backfill between its polls/);
    const report = JSON.parse(stdout) as { readonly published: number; readonly chunks: readonly { readonly published: number }[] };
    expect([report.published, report.chunks.reduce((sum, { published }) => sum + published, 0)]).toEqual([rows, rows]);
    const { wrong, wentBack, events } = await settled();
    expect([wrong, wentBack]).toEqual([0, 0]);
    expect(events).toBeGreaterThanOrEqual(rows);
    expect(running.lines().filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect((await liberate(['backfill', file, '--job', 'many', '--dry-run'])).code).toBe(0);
  });

  test('interrupted, killed with its runner and resumed, publishes every row and none in an older state', {
    timeout: 240_000,
  }, async () => {
    const file = jobs();
    const resume = ['backfill', file, '--job', 'many', '--resume'];
    const first = await runner(file);
    const writer = write();
    const chunk = (line: { readonly [field: string]: unknown }): boolean => line['chunk'] !== undefined;

    // By Ctrl-C: the request is withdrawn.
    await using asked = startLiberate(resume);
    await asked.line(chunk);
    asked.kill('SIGINT');
    const stopped = await asked.finished;
    expect([stopped.code, /the backfill stopped with \d+ of \d+ chunks done/.test(stopped.stderr)]).toEqual([130, true]);
    await first.line(({ msg }) => /asked for has stopped, after \d+ rows/.test(msg));

    // The command is killed: its request ends by itself.
    await using killed = startLiberate(resume);
    await killed.line(chunk);
    killed.kill('SIGKILL');
    await killed.finished;
    await waitFor(() => first.lines().filter(({ msg }) => /asked for (has stopped|is done)/.test(msg)).length === 2, {
      timeout: 60_000,
      what: 'the runner to leave it',
    });

    // The runner is killed: the command goes on by itself, and leaves the rest to the next runner.
    await using last = startLiberate(resume);
    await first.line(({ msg }) => msg.includes(`:${last.process.pid}:`));
    first.kill('SIGKILL');
    await first.finished;
    await last.line(({ msg }) => msg.includes('its lease is free'));
    await using again = await runner(file);
    await again.line(({ msg }) => msg.includes(`:${last.process.pid}:`) && msg.includes('asks for, between its polls'));
    const { code, stderr } = await last.finished;
    expect(code, stderr).toBe(0);
    await writer.stop();

    const { wrong, wentBack, events } = await settled();
    expect([wrong, wentBack]).toEqual([0, 0]);
    expect(events).toBeGreaterThanOrEqual(rows);
  });
});
