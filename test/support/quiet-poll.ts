import { parseObject } from '../../src/config/parse.ts';
import { type AttemptContext, attemptCycle } from '../../src/engine/attempt.ts';
import { newMemory } from '../../src/engine/job-memory.ts';
import { resolveTarget, targetsOf } from '../../src/engine/resolve.ts';
import { alone } from '../../src/engine/turn.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Disposables } from '../../src/kit/disposables.ts';
import type { Job } from '../../src/model/job.ts';
import type { CycleReport } from '../../src/model/report.ts';
import type { JobState } from '../../src/model/state.ts';
import type { LiberateEvent } from '../../src/observe/event.ts';
import type { PlannedRead } from '../../src/query/plan.ts';
import { planRead } from '../../src/query/plan.ts';
import type { ReadRequest } from '../../src/query/request.ts';
import { openMemory } from '../../src/sink/memory/memory.ts';
import { onePast } from '../../src/source/batches.ts';
import { flavourOf as mysqlFlavour } from '../../src/source/mysql/flavour.ts';
import { bindText, flavourOf as postgresFlavour } from '../../src/source/postgres/flavour.ts';
import { openSource } from '../../src/source/registry.ts';
import type { Source } from '../../src/source/source.ts';
import { sqliteFlavour } from '../../src/source/sqlite/flavour.ts';
import { instantBound } from '../../src/source/sqlite/instant.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import { noReader } from '../engine/no-reader.ts';
import type { DatabaseKind } from './database.ts';

/** One job on a real database, polled when it is asked to, into memory. */
export interface Polls extends AsyncDisposable {
  /** One poll; the first begins with what is there skipped. Throws what made it fail. */
  poll(): Promise<CycleReport>;
  /** The requests of the newest poll's pages. */
  readonly requests: readonly ReadRequest[];
  readonly events: readonly LiberateEvent[];
}

const never = new AbortController().signal;

/** `horizon`: instead of the source's own. */
export async function openPolls(url: string, job: object, horizon?: Source['horizon']): Promise<Polls> {
  const loaded = parseObject(
    { source: url, sink: 'ndjson:unused', jobs: { polled: { every: '1s', retries: 0, initial: 'skip', ...job } } },
    '/',
    {},
    () => '',
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const [config] = Object.values(loaded.config.sources);
  const [only] = loaded.config.jobs as readonly [Job];
  const stack = new Disposables();
  const source = stack.use(await openSource(config as NonNullable<typeof config>));
  const facts = await source.check(never);
  const [target] = await targetsOf(only, source, facts, never);
  const plan = await resolveTarget(only, target as NonNullable<typeof target>, source, facts, null, never);
  const store = openMemoryState();
  const acquired = await store.acquire(plan.name, 'poll', 1e9);
  let requests: ReadRequest[] = [];
  const events: LiberateEvent[] = [];
  const context: AttemptContext = {
    plan,
    source: noting(source, (request) => requests.push(request), horizon),
    sink: openMemory(),
    readBack: noReader,
    registry: null,
    store,
    observer: (event) => void events.push(event),
    clock: systemClock,
    random: () => 0,
    fence: acquired.ok ? acquired.fence : 0n,
    memory: newMemory(),
    turn: alone,
  };
  let known: JobState | null | 'unknown' = 'unknown';
  return {
    poll: async () => {
      requests = [];
      const { report, state, error } = await attemptCycle(context, known, never);
      if (error !== null) throw error;
      known = state;
      return report;
    },
    events,
    get requests() {
      return requests;
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

function noting(source: Source, note: (request: ReadRequest) => void, horizon?: Source['horizon']): Source {
  return new Proxy(source, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name, target);
      if (typeof own !== 'function') return own;
      if (name === 'horizon' && horizon !== undefined) return horizon;
      if (name !== 'read') return own.bind(target);
      return (...args: Parameters<Source['read']>) => {
        note(args[0]);
        return target.read(...args);
      };
    },
  });
}

/** The SELECT of a page as the source sends it, its binds written for `EXPLAIN`. */
export interface Statement {
  readonly sql: string;
  /** Literals for EXECUTE, in order; MariaDB has them in the text. */
  readonly binds: readonly string[];
}

export function statementOf(kind: DatabaseKind, request: ReadRequest): Statement {
  const planned = (flavour: Parameters<typeof planRead>[0]): PlannedRead => planRead(flavour, onePast(request));
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  switch (kind) {
    case 'postgres': {
      const { sql, binds } = planned(postgresFlavour('UTC'));
      return { sql, binds: binds.map((bind) => quoted(bindText(bind))) };
    }
    case 'mariadb':
      return { sql: planned(mysqlFlavour(null)).sql, binds: [] };
    case 'sqlite': {
      const { sql, binds } = planned(sqliteFlavour);
      const literal = (bind: (typeof binds)[number]): string =>
        bind.kind === 'mark' ? bind.text : quoted(String(instantBound(bind.micros, bind.like, null)));
      return { sql, binds: binds.map(literal) };
    }
  }
}
