import { describe, expect, test } from 'vitest';
import { measureNode, measurePipeline, parseTimes, parseUsage, throughput } from '../../bench/measure.ts';
import { cpuSecondsOf, processStat, residentMegabytesOf } from '../../bench/process-stat.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('what a process used', () => {
  test('is read from what the preloaded program left', () => {
    expect(parseUsage('{"cpuMicroseconds":1500000,"peakKilobytes":2048}')).toEqual({ cpuSeconds: 1.5, peakMegabytes: 2 });
  });

  test('is, of a pipeline, the time of the children in the second line of times', () => {
    expect(parseTimes('0m9.000s 0m9.000s\n1m2.250s 0m0.500s\n')).toBe(62.75);
    expect(() => parseTimes('0m9.000s 0m9.000s\n')).toThrow('cannot be read');
  });

  test('makes rows a second of the wall clock, and no peak where there is none', () => {
    const usage = { wallSeconds: 2, cpuSeconds: 1, peakMegabytes: null };
    expect(throughput(1000, usage)).toEqual({ 'wall s': 2, 'rows/s': 500, 'cpu s': 1 });
    expect(throughput(1000, { ...usage, peakMegabytes: 50 })).toMatchObject({ 'peak MB': 50 });
  });
});

describe('a measured command', () => {
  test('tells the CPU time and the peak of a Node process, not those of this one', async () => {
    await using directory = await temporaryDirectory();
    const place = { directory: directory.path };
    // A child is born with its parent's pages, until it becomes the other program.
    const ballast = Buffer.alloc(300 * 2 ** 20, 1);
    const small = await measureNode(['-e', '0'], place);
    expect(small.peakMegabytes).toBeLessThan(ballast.byteLength / 2 ** 20 / 2);
    const large = await measureNode(['-e', 'const b = Buffer.alloc(300 * 2 ** 20, 1); if (b[5] !== 1) throw 1'], place);
    expect((large.peakMegabytes ?? 0) - (small.peakMegabytes ?? 0)).toBeGreaterThan(250);
    expect(small.cpuSeconds).toBeGreaterThan(0);
  });

  test('counts the CPU time of every process of a pipeline', async () => {
    await using directory = await temporaryDirectory();
    const burn = `"${process.execPath}" -e "const end = process.cpuUsage().user + 2e5; while (process.cpuUsage().user < end);"`;
    const usage = await measurePipeline(`${burn} | ${burn}`, { directory: directory.path });
    expect(usage.cpuSeconds).toBeGreaterThanOrEqual(0.4);
    expect(usage.peakMegabytes).toBeNull();
  });

  test('fails with the end of its log, whichever process of a pipeline it was', async () => {
    await using directory = await temporaryDirectory();
    const place = { directory: directory.path };
    await expect(measureNode(['-e', 'console.error("no such table"); process.exit(3)'], place)).rejects.toThrow(
      /ended with 3.*\nno such table/,
    );
    await expect(measurePipeline('(echo broken >&2; exit 4) | cat', place)).rejects.toThrow(/ended with 4.*\nbroken/);
  });
});

describe('a running process', () => {
  test('is read by field, whatever its name holds', () => {
    expect(cpuSecondsOf('7 (a) b (c)) S 1 7 7 0 -1 4194560 500 0 0 0 250 150 0 0 20 0 11 0 100 1000 50')).toBe(4);
    expect(residentMegabytesOf('Name:\tnode\nVmHWM:\t  4096 kB\nVmRSS:\t  2048 kB\n')).toBe(2);
  });

  test('that has ended is no process of 0 MB', () => {
    expect(() => residentMegabytesOf('Name:\tnode\nState:\tZ (zombie)\n')).toThrow('it has ended');
    expect(() => cpuSecondsOf('')).toThrow('cannot be read');
  });

  test.skipIf(process.platform !== 'linux')('is as large as it says itself', async () => {
    const { cpuSeconds, residentMegabytes } = await processStat(process.pid);
    expect(residentMegabytes / (process.memoryUsage().rss / 2 ** 20)).toBeCloseTo(1, 0);
    expect(cpuSeconds).toBeGreaterThan(0);
  });
});
