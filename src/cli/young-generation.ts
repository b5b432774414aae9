import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Bytes of the space in which objects are made, both of its halves: 4 MB for what is new between two collections. */
const enough = 8 * 1024 * 1024;

/**
 * Ends the growth of V8's space for new objects where it is large enough for a bulk load: left alone it grows to 32 MB in
 * the first second, of what loading the modules leaves, and stays there. Node's own option for it, `--max-semi-space-size`,
 * counts only in front of the program, where a `#!` line cannot put it on every system. The factor by which the space
 * grows is read at each growth; below that size growth is worth having, as a collection costs what is still in use.
 */
export function boundYoungGeneration(): void {
  const collections = new PerformanceObserver(() => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (space !== undefined && space.space_size < enough) return;
    collections.disconnect();
    setFlagsFromString('--semi-space-growth-factor=1');
  });
  collections.observe({ entryTypes: ['gc'] });
}
