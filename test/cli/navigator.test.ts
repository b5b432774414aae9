import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const fetchOf = 'NativeModule internal/deps/undici/undici';

/** What a process of its own has loaded of Node after that. */
async function loaded(code: string): Promise<readonly string[]> {
  const told = `${code}; console.log(JSON.stringify(process.moduleLoadList))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', told]);
  return JSON.parse(stdout) as readonly string[];
}

it('keeps pg from loading the whole of fetch', async () => {
  const { href } = new URL('../../src/cli/navigator.ts', import.meta.url);
  expect(await loaded(`(await import(${JSON.stringify(href)})).nameRuntime(); await import('pg')`)).not.toContain(fetchOf);
  // What it would be, where Node does not name itself.
  if (!('navigator' in globalThis)) expect(await loaded("await import('pg')")).toContain(fetchOf);
});
