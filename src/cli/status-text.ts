import { formatDuration } from '../kit/duration.ts';
import { count, describeReconcile, heldText } from '../observe/describe-event.ts';
import { guaranteeLines } from '../observe/describe-guarantee.ts';
import type { StoredJob } from '../state/state-store.ts';
import { type JobStatus, leaseOf, lettersOf, markTime, toldGuarantee, versionOf } from '../web/job-status.ts';
import type { paints } from './paint.ts';

type Paint = ReturnType<typeof paints>;

const rows = (amount: number): string => `${count(amount)} ${amount === 1 ? 'row' : 'rows'}`;
const ago = (now: number, at: number): string => `${formatDuration(Math.max(0, now - at))} ago`;

/** The job's screen: what is kept of it, and what its runner last told. `now`: milliseconds since 1970. */
export function statusLines(status: JobStatus, now: number, paint: Paint): readonly string[] {
  const { job, stored } = status;
  const lines: (readonly [string, string])[] = [
    ['last ok', lastOkText(stored, now)],
    ['mark', markText(status, now)],
    ['lag', stored?.lastOk?.lagMs == null ? 'not told' : formatDuration(stored.lastOk.lagMs)],
    ...waitsText(stored),
    ['published', `${rows(stored?.publishedTotal ?? 0)} in all`],
    ['runner', runnerText(status)],
    ['remembered', rememberedText(stored)],
    ...reconcileText(stored, now),
    ...versionText(status),
    ...lettersText(status),
    ['failures', failuresText(stored, now)],
    ...guaranteeText(status),
  ];
  return [`${paint.bold(job)}  ${healthWord(status, paint)}`, ...lines.map(([label, text]) => `  ${paint.cyan(label.padEnd(13))}${text}`)];
}

export function healthWord({ health, stored }: JobStatus, paint: Paint): string {
  if (health === 'ok') return paint.green('ok');
  return health === 'failing' ? `${paint.red('failing')} (${stored?.failuresInARow})` : paint.dim('never ran');
}

function lastOkText(stored: StoredJob | null, now: number): string {
  const report = stored?.lastOk ?? null;
  if (report === null) return 'never';
  return `${ago(now, report.endedAt)}: ${rows(report.published)} in ${formatDuration(report.endedAt - report.startedAt)}, ${count(report.repeated)} met again`;
}

function markText(status: JobStatus, now: number): string {
  const { stored } = status;
  const mark = stored?.state?.mark ?? null;
  if (mark === null) return 'none';
  const at = markTime(status);
  const ages = [
    at === null ? '' : `its own time was ${ago(now, at)}`,
    stored?.committedAt == null ? '' : `saved ${ago(now, stored.committedAt)}`,
    stored?.state?.loaded === false ? 'still loading' : '',
  ].filter((text) => text !== '');
  return `${mark.join(', ')} (${ages.join(', ')})`;
}

function runnerText(status: JobStatus): string {
  const lease = leaseOf(status);
  return lease === null ? 'none' : `${lease.holder}, lease for another ${formatDuration(lease.msLeft)}`;
}

function waitsText(stored: StoredJob | null): readonly (readonly [string, string])[] {
  return stored?.last?.held === undefined ? [] : [['waits for', heldText(stored.last.held)]];
}

function rememberedText(stored: StoredJob | null): string {
  const sent = Object.keys(stored?.state?.sent ?? {}).length;
  const gaps = stored?.state?.gaps.length ?? 0;
  return `${rows(sent)} for the look-back, ${count(gaps)} ${gaps === 1 ? 'gap' : 'gaps'} of ids watched`;
}

function reconcileText(stored: StoredJob | null, now: number): readonly (readonly [string, string])[] {
  if (stored?.reconciled == null) return [];
  return [['reconciled', `${ago(now, stored.reconciled.endedAt)}: ${describeReconcile(stored.reconciled)}`]];
}

function lettersText(status: JobStatus): readonly (readonly [string, string])[] {
  const letters = lettersOf(status);
  return letters === 0 ? [] : [['dead letters', `${rows(letters)} that could not be published; \`liberate deadletters list\` names them`]];
}

function versionText(status: JobStatus): readonly (readonly [string, string])[] {
  const version = versionOf(status);
  return version === 1
    ? []
    : [['topic', `version ${version}, its name ends in .v${version}: the schema changed in a way that breaks consumers`]];
}

function failuresText(stored: StoredJob | null, now: number): string {
  const { failuresInARow = 0, last = null } = stored ?? {};
  if (failuresInARow === 0) return 'none';
  const newest = last === null ? '' : `, the newest cycle ${ago(now, last.endedAt)}: ${last.reason ?? last.outcome}`;
  return `${count(failuresInARow)} in a row${newest}`;
}

function guaranteeText(status: JobStatus): readonly (readonly [string, string])[] {
  const told = toldGuarantee(status);
  if (told !== null) return guaranteeLines(told);
  return [['guarantee', status.stored === null ? 'not told yet; `liberate plan` tells it' : 'not told by the runner']];
}
