import { describe, expect, it } from 'vitest';
import { digest } from '../../src/engine/digest.ts';
import { Ledger } from '../../src/engine/ledger.ts';
import { noProgress, type Progress } from '../../src/engine/tracker.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';

type Outcome = Progress & { readonly loaded: boolean };

const bytes = (text: string): Buffer => Buffer.from(text);
function event(key: string | null, value: string): RecordBatch {
  const batch = new RecordBatch({}, 64);
  batch.add({ key: key === null ? null : bytes(key), value: bytes(value), timestamp: '0' });
  return batch;
}
const outcome = (sent: Record<string, string>, mark = '1'): Outcome => ({ ...noProgress, mark: [mark], sent, loaded: true });
const known = (...pairs: readonly (readonly [string, string])[]): Record<string, string> =>
  Object.fromEntries(pairs.map(([key, value]) => [key, digest(bytes(value))]));

function opened(standing: Outcome | null) {
  const written: Outcome[] = [];
  const ledger = new Ledger(standing, (one) => {
    written.push(one);
    return Promise.resolve();
  });
  return { ledger, written };
}

describe('the ledger of a cycle', () => {
  it('gives up what it knows of a key before a newer event of that key leaves, and nothing else', async () => {
    const { ledger, written } = opened(outcome(known(['a', 'old'], ['b', 'same'])));
    ledger.leaves(event('a', 'new'));
    ledger.leaves(event('b', 'same'));
    ledger.leaves(event('c', 'first'));
    await ledger.ready();
    expect(written).toEqual([outcome(known(['b', 'same']))]);
  });

  it('writes nothing when nothing that it knows is replaced', async () => {
    const { ledger, written } = opened(outcome(known(['a', 'old'])));
    ledger.leaves(event('b', 'new'));
    ledger.leaves(event(null, 'new'));
    ledger.leaves(event('toString', 'new'));
    await ledger.ready();
    const first = opened(null);
    first.ledger.leaves(event('a', 'new'));
    await first.ledger.ready();
    expect([...written, ...first.written]).toEqual([]);
  });

  it('knows what this cycle has committed itself, and never goes back behind it', async () => {
    const { ledger, written } = opened(outcome({}));
    void ledger.commit(outcome(known(['a', 'old'], ['b', 'x']), '5'));
    ledger.leaves(event('a', 'new'));
    await ledger.ready();
    expect(written.map(({ mark, sent }) => [mark, Object.keys(sent)])).toEqual([
      [['5'], ['a', 'b']],
      [['5'], ['b']],
    ]);
  });

  it('gives up a key only once', async () => {
    const { ledger, written } = opened(outcome(known(['a', 'old'])));
    for (const value of ['new', 'newer']) {
      ledger.leaves(event('a', value));
      await ledger.ready();
    }
    expect(written).toHaveLength(1);
  });

  it('lets nothing leave when the state cannot be written', async () => {
    const ledger = new Ledger(outcome(known(['a', 'old'])), () => Promise.reject(new Error('disk full')));
    ledger.leaves(event('a', 'new'));
    await expect(ledger.ready()).rejects.toThrow('disk full');
  });
});
