import Table from 'cli-table3';
import type { ProofRow } from './proof.ts';

const heads = ['database', 'reader', 'how', 'rows', 'missing', 'stale', 'extra', 'back in time', 'repeats', 'dropped a poll', 'ms a poll'];

/** A line for each reader. */
export function proofTable(rows: readonly ProofRow[]): string {
  const table = new Table({
    head: heads,
    style: { head: [], border: [], compact: true },
    colAligns: heads.map((_, at) => (at < 3 ? 'left' : 'right')),
  });
  for (const { setting, login, how, verdict, polls, dropped, ms } of rows) {
    const { missing, stale, extra, reordered, repeated } = verdict;
    const cost = polls === 0 ? ['', ''] : [dropped.toFixed(0), ms.toFixed(1)];
    table.push([setting, login, how, verdict.rows, ...[missing, stale, extra, reordered, repeated].map(({ length }) => length), ...cost]);
  }
  return table.toString();
}
