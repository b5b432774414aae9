import Table from 'cli-table3';
import type { Measured, Result } from './result.ts';
import { spreadOf } from './statistics.ts';

/** A case as a table of the terminal: a line per contender, a column per figure, each `median (min-max)`. */
export function tableOf(result: Result): string {
  const title = `${result.case}: ${result.what}`;
  if (result.skipped !== null) return `${title}\n  skipped: ${result.skipped}`;
  const names = [...new Set(result.contenders.flatMap(({ rounds }) => rounds.flatMap(Object.keys)))];
  const table = new Table({
    head: ['', ...names],
    style: { head: [], border: [] },
    colAligns: ['left', ...names.map(() => 'right' as const)],
  });
  for (const contender of result.contenders) table.push([contender.name, ...names.map((name) => cell(contender, name))]);
  return `${title}\n${table.toString()}`;
}

/** `median (min-max)`, and the figure alone where it was measured once. */
export function cell({ rounds }: Measured, name: string): string {
  const values = rounds.flatMap((figures) => figures[name] ?? []);
  if (values.length === 0) return '';
  const { median, min, max } = spreadOf(values);
  return values.length === 1 ? shown(median) : `${shown(median)} (${shown(min)}-${shown(max)})`;
}

/** Three digits, whole numbers with thousands parted. */
export function shown(value: number): string {
  if (value >= 100) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  return value === 0 ? '0' : String(Number(value.toPrecision(3)));
}
