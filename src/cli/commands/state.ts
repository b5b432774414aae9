import { readFile, writeFile } from 'node:fs/promises';
import { Disposables } from '../../kit/disposables.ts';
import { LiberateError } from '../../kit/errors.ts';
import { requestOf } from '../../engine/job-plan.ts';
import { resolveTarget, targetsOf } from '../../engine/resolve.ts';
import { noProgress } from '../../engine/tracker.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Job } from '../../model/job.ts';
import type { JobState } from '../../model/state.ts';
import { openState } from '../../state/registry.ts';
import type { StateStore } from '../../state/state-store.ts';
import { exportState, parseExport } from '../../state/transfer.ts';
import { compose } from '../compose.ts';
import { chooseJobs, load } from '../load.ts';
import type { CommonOptions, Surroundings } from '../surroundings.ts';

export interface StateOptions extends CommonOptions {
  readonly job: readonly string[];
}

export interface SetOptions extends StateOptions {
  /** Rows whose cursor is at or after this text are read next. */
  readonly from: string | null;
  /** Keep the mark under the definition that the file has now. */
  readonly accept: boolean;
}

/** `state show`: the saved progress as JSON, one job a line. */
export async function stateShow(options: StateOptions, surroundings: Surroundings): Promise<number> {
  const { stdout } = surroundings;
  await withStore(options, surroundings, async (store) => {
    for (const { job, state, committedAt } of await store.list()) {
      if (!wanted(options, job)) continue;
      const at = committedAt === null ? null : new Date(committedAt).toISOString();
      stdout.write(`${options.json ? JSON.stringify({ job, committedAt: at, state }) : show(job, at, state)}\n`);
    }
  });
  return 0;
}

function show(job: string, committedAt: string | null, state: JobState | null): string {
  if (state === null) return `${job}: no saved progress`;
  const { definition, mark, loaded, gaps, sent, schema } = state;
  return [
    `${job}: ${definition.relation}, ${definition.mode}`,
    `  mark       ${mark === null ? 'none' : mark.join(', ')}  (${[...new Set([...definition.cursor, ...definition.key])].join(', ')})`,
    `  load       ${loaded ? 'done' : 'under way'}`,
    `  look-back  ${Object.keys(sent).length} rows, ${gaps.length} id gaps`,
    `  schema     ${schema}`,
    `  committed  ${committedAt ?? 'never'}`,
  ].join('\n');
}

/** `state reset`: the job loads afresh at its next cycle. */
export async function stateReset(options: StateOptions, surroundings: Surroundings): Promise<number> {
  requireJobs(options);
  await withStore(options, surroundings, async (store) => {
    for (const job of (await store.list()).map((one) => one.job).filter((name) => wanted(options, name))) {
      await underLease(store, job, (fence) => store.reset(job, fence));
      surroundings.stderr.write(`${job}: reset; the next cycle loads it afresh\n`);
    }
  });
  return 0;
}

/** `state set`: moves the mark, or keeps it under a changed definition. */
export async function stateSet(options: SetOptions, surroundings: Surroundings): Promise<number> {
  requireJobs(options);
  if ((options.from === null) === !options.accept) {
    throw new LiberateError('LIB110', 'give either --from TEXT or --accept');
  }
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const { stdout, signal, stderr } = surroundings;
  const engine = await compose({ config, jobs, observer: () => undefined, stdout, signal }, stack);
  for (const job of jobs) {
    for (const [name, state] of await newStates(engine, job, options, signal)) {
      await underLease(engine.store, name, (fence) => engine.store.commit(name, state, fence));
      stderr.write(`${name}: the mark is ${state.mark === null ? 'before the first row' : state.mark.join(', ')}\n`);
    }
  }
  return 0;
}

async function newStates(engine: Engine, job: Job, options: SetOptions, signal: AbortSignal): Promise<ReadonlyMap<string, JobState>> {
  const { source, timezone } = engine.source(job);
  const facts = await source.check(signal);
  const states = new Map<string, JobState>();
  for (const target of await targetsOf(job, source, facts, signal)) {
    const plan = await resolveTarget(job, target, source, facts, timezone, signal);
    const { definition } = plan;
    const schema = plan.encoder.schema.fingerprint;
    if (options.from === null) {
      const saved = await engine.store.load(plan.name);
      if (saved === null) throw new LiberateError('LIB110', 'there is no saved mark to keep', { place: { job: plan.name } });
      // Digests of the old form would call every row of the look-back changed.
      states.set(plan.name, { ...saved, sent: {}, tied: false, definition, schema });
      continue;
    }
    const [cursor] = plan.cursor;
    if (cursor === undefined) throw new LiberateError('LIB110', 'a bulk job has no cursor to set', { place: { job: plan.name } });
    // The mark is the last row before the text, so that every row at or after it is read next.
    const window = { kind: 'range', from: null, to: source.parseCursor(options.from, cursor) } as const;
    const mark = await source.last({ ...requestOf(plan), window, page: null, limit: null, recentFrom: null, sample: null }, signal);
    states.set(plan.name, { ...noProgress, mark, loaded: true, definition, schema });
  }
  return states;
}

/** `state export`: all saved progress as one JSON document. */
export async function stateExport(options: StateOptions & { readonly to: string | null }, surroundings: Surroundings): Promise<number> {
  await withStore(options, surroundings, async (store) => {
    const text = exportState((await store.list()).filter(({ job }) => wanted(options, job)));
    if (options.to === null) surroundings.stdout.write(`${text}\n`);
    else await writeFile(options.to, `${text}\n`, { mode: 0o600 });
  });
  return 0;
}

/** `state import`: writes the progress of an export over what is there. */
export async function stateImport(options: StateOptions & { readonly input: string }, surroundings: Surroundings): Promise<number> {
  const states = parseExport(await readFile(options.input, 'utf8'));
  await withStore(options, surroundings, async (store) => {
    for (const [job, state] of states) {
      if (!wanted(options, job)) continue;
      await underLease(store, job, (fence) => store.commit(job, state, fence));
      surroundings.stderr.write(`${job}: imported\n`);
    }
  });
  return 0;
}

const wanted = ({ job }: StateOptions, name: string): boolean =>
  job.length === 0 || job.some((one) => name === one || name.startsWith(`${one}/`));

function requireJobs({ job }: StateOptions): void {
  if (job.length === 0) throw new LiberateError('LIB110', 'name the jobs with --job: this changes saved progress');
}

async function withStore(options: StateOptions, surroundings: Surroundings, work: (store: StateStore) => Promise<void>): Promise<void> {
  const config = await load(options, surroundings);
  await using stack = new Disposables();
  const store = stack.use(await openState(config.state));
  await store.open(surroundings.signal);
  await work(store);
}

/** A runner that holds the job would write its own progress over ours: so not while one does. */
async function underLease(store: StateStore, job: string, work: (fence: bigint) => Promise<'committed' | 'fenced'>): Promise<void> {
  const holder = `state command ${process.pid}`;
  const acquired = await store.acquire(job, holder, 30_000);
  if (!acquired.ok) throw new LiberateError('LIB406', `${acquired.holder} runs the job`, { place: { job } });
  try {
    const outcome = await work(acquired.fence);
    if (outcome === 'fenced') throw new LiberateError('LIB407', 'another runner took the job over meanwhile', { place: { job } });
  } finally {
    await store.release(job, acquired.fence);
  }
}
