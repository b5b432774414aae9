import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Removes the declarations that the library's entry does not name, by itself or by way of others, and folders left empty. */
export function keepDeclarations(dist: string, entry: string): void {
  const kept = reached(resolve(dist, entry));
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const path = resolve(dist, file);
    if (path.endsWith('.d.ts') && !kept.has(path)) rmSync(path);
  }
  for (const { name } of readdirSync(dist, { withFileTypes: true }).filter((found) => found.isDirectory())) removeEmpty(join(dist, name));
}

function reached(entry: string): ReadonlySet<string> {
  const found = new Set([entry]);
  // A set goes on with what is added while it is gone through.
  for (const path of found) {
    const imports = readFileSync(path, 'utf8').matchAll(/(?:\bfrom |\bimport\()['"](\.[^'"]+)\.ts['"]/g);
    for (const [, name] of imports) found.add(resolve(dirname(path), `${name}.d.ts`));
  }
  return found;
}

function removeEmpty(folder: string): void {
  for (const found of readdirSync(folder, { withFileTypes: true })) if (found.isDirectory()) removeEmpty(join(folder, found.name));
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}
