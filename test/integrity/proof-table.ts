import Table from 'cli-table3';
import type { Held, HeldOptions } from './held-open.ts';
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

export interface HeldRow extends Held, Pick<HeldOptions, 'where'> {
  readonly setting: string;
}

const heldHeads = ['database', 'open', "others' rows", 'later than one poll', 'faults in the end', 'read again by the last poll'];

/** A line for each transaction that was left open. */
export function heldTable(rows: readonly HeldRow[]): string {
  const table = new Table({
    head: heldHeads,
    style: { head: [], border: [], compact: true },
    colAligns: heldHeads.map((_, at) => (at < 2 ? 'left' : 'right')),
  });
  for (const { setting, where, rows: count, late, early, faults, readAgain } of rows) {
    table.push([setting, where, 2 * count, late.length, early.length + faults.length, readAgain]);
  }
  return table.toString();
}
