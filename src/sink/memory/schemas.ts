import type { KeptSchema, SchemaKeeper } from '../schema-keeper.ts';

export function memorySchemas(): SchemaKeeper {
  const kept = new Map<string, readonly KeptSchema[]>();
  return {
    place: () => 'memory',
    history: async (topic) => kept.get(topic) ?? [],
    keep: async (topic, schema) => {
      // As text, so nobody shares an object with it.
      kept.set(topic, [...(kept.get(topic) ?? []), JSON.parse(JSON.stringify(schema)) as KeptSchema]);
    },
  };
}
