import { readFile } from 'node:fs/promises';

/** The kernel's unit of CPU time towards programs: 100 a second on every Linux. */
const ticksPerSecond = 100;

export interface ProcessStat {
  readonly cpuSeconds: number;
  readonly residentMegabytes: number;
}

/** Of a process that runs; Linux only. */
export async function processStat(pid: number): Promise<ProcessStat> {
  const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/status`, 'utf8')]);
  return { cpuSeconds: cpuSecondsOf(stat), residentMegabytes: residentMegabytesOf(status) };
}

/** User and system time are the fields 14 and 15; the name before them, in brackets, may hold blanks and brackets. */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  if (Number.isNaN(seconds)) throw new Error(`the CPU time of a process cannot be read: ${JSON.stringify(stat)}`);
  return seconds;
}

export function residentMegabytesOf(status: string): number {
  const [, kilobytes] = /^VmRSS:\s*(\d+) kB$/m.exec(status) ?? [];
  if (kilobytes === undefined) throw new Error('the memory of a process cannot be read: it has ended');
  return Number(kilobytes) / 1024;
}
