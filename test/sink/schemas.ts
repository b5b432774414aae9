import { expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import type { KeptSchema } from '../../src/sink/schema-keeper.ts';
import type { Sink } from '../../src/sink/sink.ts';

const never = new AbortController().signal;

export function version(number: number, more: Partial<KeptSchema> = {}): KeptSchema {
  return {
    version: number,
    fingerprint: `fingerprint ${number}`,
    format: 'json',
    keyFormat: 'string',
    envelope: 'none',
    model: { fields: [{ name: 'größe 𝄞', number }] },
    documents: { key: null, value: { type: 'JSON', text: '{}' } },
    at: '2026-01-01T00:00:00.000Z',
    ...more,
  };
}

/** Whom `history` cannot be had of, and why. */
export async function faultOf(work: Promise<unknown>): Promise<LiberateError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof LiberateError) return error;
  throw new Error('it did not fail with a LiberateError', { cause: error });
}

/** What every keeper of schemas does. `open`: another sink on the same place, which the test disposes of. */
export function keeperContract(open: () => Promise<Sink>, topic: () => string): void {
  it('has no history of a stream that was never told of', async () => {
    await using sink = await open();
    expect(await sink.schemas?.history(topic(), never)).toEqual([]);
  });

  it('gives back each version of each stream as it was kept, in order, also to who comes later', async () => {
    const [one, other] = [topic(), topic()];
    const kept = [version(1), version(2, { format: 'avro', envelope: 'debezium' }), version(3)];
    {
      await using sink = await open();
      for (const schema of kept.slice(0, 2)) await sink.schemas?.keep(one, schema, never);
      await sink.schemas?.keep(other, version(1), never);
      expect(await sink.schemas?.history(one, never)).toEqual(kept.slice(0, 2));
    }
    await using later = await open();
    expect(await later.schemas?.history(one, never)).toEqual(kept.slice(0, 2));
    expect(await later.schemas?.history(other, never)).toEqual([version(1)]);
    await later.schemas?.keep(one, kept[2] as KeptSchema, never);
    expect(await later.schemas?.history(one, never)).toEqual(kept);
  });

  it('sees what another has kept since, and lets nobody write a version over it', async () => {
    const name = topic();
    await using here = await open();
    await using there = await open();
    await here.schemas?.keep(name, version(1), never);
    expect(await here.schemas?.history(name, never)).toHaveLength(1);
    await there.schemas?.keep(name, version(2), never);
    const fault = await faultOf(here.schemas?.keep(name, version(2, { fingerprint: 'mine' }), never) as Promise<void>);
    expect([fault.code, fault.transient]).toEqual(['LIB306', true]);
    expect((await here.schemas?.history(name, never))?.map(({ fingerprint }) => fingerprint)).toEqual(['fingerprint 1', 'fingerprint 2']);
  });
}
