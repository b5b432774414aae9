import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../src/kit/errors.ts';
import type { JobState } from '../../src/model/state.ts';
import { openMemoryState } from '../../src/state/memory/store.ts';
import { exportState, parseExport } from '../../src/state/transfer.ts';
import { fenceOf } from '../contract/state-store.ts';
import { reportOf, stateOf } from './samples.ts';

const refusal = (text: string): LiberateError => {
  try {
    parseExport(text);
  } catch (error) {
    expect(error).toBeInstanceOf(LiberateError);
    return error as LiberateError;
  }
  return expect.fail('it was taken');
};

async function exported(states: ReadonlyMap<string, JobState>): Promise<string> {
  await using store = openMemoryState();
  for (const [job, state] of states) await store.commit(job, state, await fenceOf(store, job));
  await store.record(reportOf('never loaded'));
  return exportState(await store.list(), new Map());
}

describe('an export', () => {
  it('holds every state exactly, and jobs without one not at all', async () => {
    const states = new Map([
      ['__proto__', stateOf({ mark: ['9223372036854775807', 'it\'s "so" \\ \0 \ud83d 🦊'] })],
      ['orders', stateOf({ sent: JSON.parse('{"__proto__":"1","2":"x","1":"y"}') as Record<string, string> })],
      ['shop/a', stateOf({ mark: null, since: null, gaps: [{ from: null, to: '5', seen: '1' }] })],
    ]);
    const text = await exported(states);
    const parsed = new Map([...parseExport(text)].map(([job, { state }]) => [job, state]));
    expect(parsed).toEqual(states);
    expect(JSON.stringify([...parsed])).toBe(JSON.stringify([...states]));
  });

  it('can be read by a person and compared line by line', async () => {
    const text = await exported(new Map([['orders', stateOf()]]));
    expect(text.split('\n').slice(0, 6)).toEqual([
      '{',
      '  "magic": "liberate state export",',
      '  "version": 1,',
      '  "jobs": [',
      '    {',
      '      "job": "orders",',
    ]);
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('holds what was published byte for byte, for jobs that remember it', async () => {
    await using store = openMemoryState();
    await store.commit('orders', stateOf(), await fenceOf(store, 'orders'));
    const data = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    const published = {
      head: { sink: 'kafka', topic: 'orders', begun: 5, adopted: false, told: 3, seed: '0123456789abcdef', last: null },
      log: [{ seq: 4, sure: false, entries: 2, data }],
      buckets: [{ bucket: 1, upto: 3, sure: true, pieces: [{ entries: 9, data }] }],
    };
    const text = exportState(await store.list(), new Map([['orders', published]]));
    expect(text).toContain('"version": 2');
    expect(parseExport(text).get('orders')).toEqual({ state: stateOf(), published });
  });

  const whole = { magic: 'liberate state export', version: 1, jobs: [{ job: 'orders', committedAt: 1, state: stateOf() }] };
  const cases: readonly (readonly [string, string, string])[] = [
    ['no JSON', '{"magic":', 'not JSON'],
    ['nothing', '', 'not JSON'],
    ['a list', '[]', 'not an object'],
    ['another file', '{"jobs":[]}', 'magic'],
    ['a newer version', JSON.stringify({ ...whole, version: 3 }), 'version is not 1 or 2'],
    ['no jobs', JSON.stringify({ ...whole, jobs: undefined }), 'jobs is not a list'],
    ['a job without a name', JSON.stringify({ ...whole, jobs: [{ state: stateOf() }] }), 'jobs[0].job is not a text'],
    ['a name that no store takes', JSON.stringify({ ...whole, jobs: [{ job: 'a ', state: stateOf() }] }), 'ends in a space'],
    ['a job twice', JSON.stringify({ ...whole, jobs: [whole.jobs[0], whole.jobs[0]] }), 'jobs[1].job'],
    [
      'a number for a mark',
      JSON.stringify({ ...whole, jobs: [{ job: 'orders', state: stateOf({ mark: [7 as unknown as string] }) }] }),
      'jobs[0].state.mark[0] is not a text',
    ],
    [
      'a since that is no number',
      JSON.stringify({ ...whole, jobs: [{ job: 'orders', state: stateOf({ since: 'yesterday' }) }] }),
      'jobs[0].state.since',
    ],
    [
      'a digest that is no text',
      JSON.stringify({ ...whole, jobs: [{ job: 'orders', state: stateOf({ sent: { a: null as unknown as string } }) }] }),
      'jobs[0].state.sent["a"]',
    ],
    [
      'a mode that is not known',
      JSON.stringify({
        ...whole,
        jobs: [{ job: 'orders', state: stateOf({ definition: { ...stateOf().definition, mode: 'toString' as 'bulk' } }) }],
      }),
      'one of bulk',
    ],
    [
      'a part missing',
      JSON.stringify({ ...whole, jobs: [{ job: 'orders', state: { ...stateOf(), loaded: undefined } }] }),
      'jobs[0].state.loaded',
    ],
  ];
  it.each(cases)('is refused with the place of the mistake: %s', (_, text, found) => {
    const refused = refusal(text);
    expect(refused.code).toBe('LIB410');
    expect(refused.message).toContain(found);
  });
});
