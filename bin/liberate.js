#!/usr/bin/env node
import module from 'node:module';

// From Node 22.1 on, compiled code is kept for the next start. Where that cannot be done nothing is said or thrown.
module.enableCompileCache?.();

// Not a static import: it would be compiled before.
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
