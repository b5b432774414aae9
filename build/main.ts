import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { keepDeclarations } from './declarations.ts';

/** After the compiler has written the declarations into `dist/`. */
const root = fileURLToPath(new URL('..', import.meta.url));
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Readonly<
  Record<'dependencies' | 'optionalDependencies', Readonly<Record<string, string>>>
>;
await bundle(root, Object.keys({ ...dependencies, ...optionalDependencies }));
keepDeclarations(join(root, 'dist'), 'liberate.d.ts');
