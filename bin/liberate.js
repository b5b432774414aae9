#!/usr/bin/env node
import module from 'node:module';

// From Node 22.1 on, compiled code is kept for the next start. Where that cannot be done nothing is said or thrown.
module.enableCompileCache?.();

// Not static imports: they would be compiled before. And the first before the second: what that loads is what makes memory grow.
const { boundYoungGeneration } = await import('../dist/cli/young-generation.js');
boundYoungGeneration();
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
