import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const built = pathToFileURL(fileURLToPath(new URL('../../dist/cli/young-generation.js', import.meta.url))).href;

/** The most bytes that V8's space for new objects has while much of what is made stays in use for some collections. */
async function mostOf(before: string): Promise<number> {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    ${before}
    const sizeNow = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
    let most = 0;
    let kept = [];
    for (let round = 0; round < 300; round += 1) {
      for (let made = 0; made < 10_000; made += 1) kept.push({ made, of: [round] });
      if (kept.length > 50_000) kept = [];
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, sizeNow());
    }
    console.log(most);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  return Number(stdout);
}

test('the space for new objects ends its growth where a bulk load has enough, on this version of Node too', async () => {
  const bounded = `(await import(${JSON.stringify(built)})).boundYoungGeneration();`;
  expect(await mostOf('')).toBeGreaterThan(24 * 1024 * 1024);
  expect(await mostOf(bounded)).toBeLessThanOrEqual(16 * 1024 * 1024);
});
