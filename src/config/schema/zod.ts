import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { z } from 'zod';

type Core = typeof z.core;

/** zod's parts that check a value; its index would also load 63 languages and what writes JSON Schema, at each start. */
const parts = ['core', 'util', 'errors', 'schemas', 'checks', 'registries', 'parse'] as const;

function loadParts(): Core {
  const require = createRequire(import.meta.url);
  const index = require.resolve('zod/v4/core');
  try {
    return Object.assign({}, ...parts.map((part) => require(join(dirname(index), `${part}.cjs`)) as object)) as Core;
  } catch {
    // Its files are laid out anew: slower, and the same.
    return require(index) as Core;
  }
}

export const core: Core = loadParts();
