import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Megabytes in use beyond those at the call, at the most of all looks. More than `bound` only counts once what waits to be collected is gone. */
export function memoryMeter(bound: number): { look(): number } {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 1e6;
  };
  collect();
  const before = used();
  let peak = 0;
  return {
    look: () => {
      if (used() - before > bound) collect();
      peak = Math.max(peak, used() - before);
      return peak;
    },
  };
}
