import { type Case, rowsOf } from '../case.ts';
import type { Measured } from '../result.ts';
import { bulkCase } from './bulk.ts';

/** The peak of a table, and with --full of one ten times as large: memory is flat when they are the same. */
export const memoryCase: Case = {
  name: 'memory',
  measure: async (bench) => {
    const rows = rowsOf(bench.settings, 1_000_000, 1_000_000);
    const sizes = bench.settings.full ? [rows, 10 * rows] : [rows];
    const contenders: Measured[] = [];
    for (const size of sizes) {
      const bulk = bulkCase({
        name: 'memory',
        kind: 'pg',
        sink: 'kafka',
        shape: 'standard',
        partitions: 1,
        mode: 'bulk',
        rows: [size, size],
      });
      const { contenders: measured } = await bulk.measure({ ...bench, settings: { ...bench.settings, rows: size, rounds: 1 } });
      for (const { name, rounds } of measured) contenders.push({ name: `${name}, ${size} rows`, rounds });
    }
    return { what: `peak memory, one round each, PostgreSQL → Kafka, mode bulk`, contenders, skipped: null };
  },
};
