import { readFile, writeFile } from 'node:fs/promises';
import type { Config } from '../../config/config.ts';
import type { Engine } from '../../engine/engine.ts';
import { type JobPlan, requestOf, shownMarkOf } from '../../engine/job-plan.ts';
import { resolveTarget, type Target, targetsOf } from '../../engine/resolve.ts';
import { inItsVersion, versionTold } from '../../engine/topic-version.ts';
import { noProgress } from '../../engine/tracker.ts';
import { systemClock } from '../../kit/clock.ts';
import { Disposables } from '../../kit/disposables.ts';
import { type ErrorCode, LiberateError } from '../../kit/errors.ts';
import type { Job } from '../../model/job.ts';
import type { PublishedExport, PublishedSize } from '../../model/published.ts';
import type { JobState } from '../../model/state.ts';
import type { Source, SourceFacts } from '../../source/source.ts';
import { holdLease } from '../../state/lease.ts';
import { openState } from '../../state/registry.ts';
import type { StateStore, StoredJob } from '../../state/state-store.ts';
import { exportState, parseExport } from '../../state/transfer.ts';
import { withShownMark } from '../../web/job-status.ts';
import { compose } from '../compose.ts';
import { chooseJobs, load, requireJobs } from '../load.ts';
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

/** `state show`: the saved progress of each job; as JSON, one job a line. */
export async function stateShow(options: StateOptions, surroundings: Surroundings): Promise<number> {
  const { stdout } = surroundings;
  await withStore(options, surroundings, async (store, config) => {
    for (const { job, state: saved, committedAt } of wanted(options.job, await store.list(), config)) {
      const mask = config.jobs.find(({ name }) => job === name || job.startsWith(`${name}/`))?.mask ?? {};
      const state = withShownMark(saved, mask);
      const at = committedAt === null ? null : new Date(committedAt).toISOString();
      const published = await store.published.size(job);
      stdout.write(`${options.json ? JSON.stringify({ job, committedAt: at, state, published }) : show(job, at, state, published)}\n`);
    }
  });
  return 0;
}

function show(job: string, committedAt: string | null, state: JobState | null, published: PublishedSize): string {
  if (state === null) return `${job}: no saved progress`;
  const { definition, mark, loaded, gaps, sent, schema } = state;
  return [
    `${job}: ${definition.relation}, ${definition.mode}`,
    `  mark       ${mark === null ? 'none' : mark.join(', ')}  (${[...new Set([...definition.cursor, ...definition.key])].join(', ')})`,
    `  load       ${loaded ? 'done' : 'under way'}`,
    `  look-back  ${Object.keys(sent).length} rows, ${gaps.length} id gaps`,
    ...(published.last === 0 ? [] : [`  published  ${published.entries + published.logged} keys at most, ${published.bytes} bytes`]),
    `  schema     ${schema}`,
    `  committed  ${committedAt ?? 'never'}`,
  ].join('\n');
}

/** `state reset`: the job loads afresh at its next cycle. */
export async function stateReset(options: StateOptions, surroundings: Surroundings): Promise<number> {
  requireJobs(options.job);
  await withStore(options, surroundings, async (store, config) => {
    for (const { job } of wanted(options.job, await store.list(), config)) {
      await underLease(store, job, surroundings, (fence) => store.reset(job, fence));
      surroundings.stderr.write(`${job}: reset; the next cycle loads it afresh\n`);
    }
  });
  return 0;
}

/** `state set`: moves the mark, or keeps it under a changed definition. */
export async function stateSet(options: SetOptions, surroundings: Surroundings): Promise<number> {
  requireJobs(options.job);
  if ((options.from === null) === !options.accept) {
    throw new LiberateError('LIB110', 'give either --from TEXT or --accept');
  }
  const config = await load(options, surroundings);
  const jobs = chooseJobs(config, options.job);
  await using stack = new Disposables();
  const { stdout, signal } = surroundings;
  const engine = await compose({ config, jobs, observer: () => undefined, stdout, signal }, stack);
  for (const job of jobs) {
    const { source } = engine.source(job);
    const facts = await source.check(signal);
    for (const target of await targetsOf(job, source, facts, signal)) await setOne(engine, job, target, facts, options, surroundings);
  }
  return 0;
}

/** Under the lease from the first look on: a runner could otherwise move the mark that is about to be written again. */
async function setOne(
  { store, source }: Engine,
  job: Job,
  target: Target,
  facts: SourceFacts,
  options: SetOptions,
  surroundings: Surroundings,
): Promise<void> {
  const { signal, stderr } = surroundings;
  const use = source(job);
  const plan = await inItsVersion(await resolveTarget(job, target, use.source, facts, use.timezone, signal), store);
  await underLease(store, plan.name, surroundings, async (fence) => {
    const state = options.from === null ? await accepted(store, plan) : await movedTo(options.from, plan, use.source, signal);
    const outcome = await store.commit(plan.name, state, fence);
    if (outcome === 'committed')
      stderr.write(
        `${plan.name}: the mark is ${state.mark === null ? 'before the first row' : shownMarkOf(plan, state.mark).join(', ')}\n`,
      );
    return outcome;
  });
}

/** The saved progress under the definition that the file has now. */
async function accepted(store: StateStore, { name, definition, encoder }: JobPlan): Promise<JobState> {
  const saved = await store.load(name);
  if (saved === null) throw new LiberateError('LIB110', 'there is no saved mark to keep', { place: { job: name } });
  // Digests of the old form would call every row of the look-back changed.
  const { settled: _, ...progress } = saved;
  return { ...progress, sent: {}, tied: false, definition, schema: encoder.schema.fingerprint };
}

/** The mark is the last row before the text, so that every row at or after it is read next. */
async function movedTo(from: string, plan: JobPlan, source: Source, signal: AbortSignal): Promise<JobState> {
  const { definition, encoder } = plan;
  const [cursor] = plan.cursor;
  if (cursor === undefined) throw new LiberateError('LIB110', 'a bulk job has no cursor to set', { place: { job: plan.name } });
  const first = source.parseCursor(from, cursor);
  const begin = { ...noProgress, loaded: true, definition, schema: encoder.schema.fingerprint, ...versionTold(plan) };
  // As if every transaction before that one had ended, and no other had begun.
  if (plan.mode === 'transaction') return { ...begin, mark: [`${first}:${first}:`] };
  const mark = await source.last(requestOf(plan, { window: { kind: 'range', from: null, to: first } }), signal);
  return { ...begin, mark };
}

/** `state export`: all saved progress as one JSON document. */
export async function stateExport(options: StateOptions & { readonly to: string | null }, surroundings: Surroundings): Promise<number> {
  const { to } = options;
  await withStore(options, surroundings, async (store, config) => {
    const stored = wanted(options.job, await store.list(), config);
    const published = new Map<string, PublishedExport>();
    for (const { job } of stored) if ((await store.published.head(job)) !== null) published.set(job, await store.published.dump(job));
    const text = exportState(stored, published);
    if (to === null) surroundings.stdout.write(text);
    else await withFile('LIB110', `${to} cannot be written`, () => writeFile(to, text, { mode: 0o600 }));
  });
  return 0;
}

/** `state import`: writes the progress of an export over what is there. */
export async function stateImport(options: StateOptions & { readonly input: string }, surroundings: Surroundings): Promise<number> {
  const { input } = options;
  const states = parseExport(await withFile('LIB410', `${input} cannot be read`, () => readFile(input, 'utf8')));
  await withStore(options, surroundings, async (store) => {
    const chosen = chosenNames(options.job, [...states.keys()]);
    if (chosen.unknown !== null)
      throw new LiberateError('LIB109', `${input} has no job "${chosen.unknown}"; it has: ${[...states.keys()].join(', ')}`);
    for (const job of chosen.names) {
      const exported = states.get(job);
      if (exported === undefined) continue;
      await underLease(store, job, surroundings, async (fence) => {
        const { state, published } = exported;
        // First what was published: a mark without it would pass keys that nobody knows.
        const written = await (published === null ? store.published.clear(job, fence) : store.published.restore(job, published, fence));
        return written === 'fenced' ? written : store.commit(job, state, fence);
      });
      surroundings.stderr.write(`${job}: imported\n`);
    }
  });
  return 0;
}

/** The stored jobs that `--job` names, all without it. A wildcard job has one for each of its tables. LIB109 for a name that is nowhere. */
function wanted(names: readonly string[], stored: readonly StoredJob[], config: Config): readonly StoredJob[] {
  const chosen = chosenNames(
    names,
    stored.map(({ job }) => job),
  );
  // A job that never ran has nothing stored, and is known all the same.
  chooseJobs(
    config,
    names.filter((name) => !chosen.names.some((one) => belongsTo(one, name))),
  );
  return stored.filter(({ job }) => chosen.names.includes(job));
}

function chosenNames(
  names: readonly string[],
  there: readonly string[],
): { readonly names: readonly string[]; readonly unknown: string | null } {
  if (names.length === 0) return { names: there, unknown: null };
  const unknown = names.find((name) => !there.some((one) => belongsTo(one, name))) ?? null;
  return { names: there.filter((one) => names.some((name) => belongsTo(one, name))), unknown };
}

const belongsTo = (stored: string, name: string): boolean => stored === name || stored.startsWith(`${name}/`);

async function withFile<T>(code: ErrorCode, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LiberateError(code, `${what}: ${reason}`, { cause, cure: 'Give another path, or mend its permissions.' });
  }
}

async function withStore(
  options: StateOptions,
  surroundings: Surroundings,
  work: (store: StateStore, config: Config) => Promise<void>,
): Promise<void> {
  const config = await load(options, surroundings);
  await using stack = new Disposables();
  const store = stack.use(await openState(config.state));
  await store.open(surroundings.signal);
  await work(store, config);
}

/** A runner that holds the job would write its own progress over ours: so not while one does. LIB406. */
async function underLease(
  store: StateStore,
  job: string,
  { signal }: Surroundings,
  work: (fence: bigint) => Promise<'committed' | 'fenced'>,
): Promise<void> {
  const holder = `state command ${process.pid}`;
  await using lease = await holdLease(store, job, { holder, ttlMs: 30_000, clock: systemClock, wait: false }, signal);
  if ((await work(lease.fence)) === 'committed') return;
  throw new LiberateError('LIB407', 'another runner took the job over meanwhile', { place: { job } });
}
