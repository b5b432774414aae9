import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendApart } from '../../src/engine/apart.ts';
import { LiberateError } from '../../src/kit/errors.ts';
import { RecordBatch } from '../../src/model/record-batch.ts';

const headers = { op: 'upsert' };
const tombstones = { op: 'delete' };

function batchOf(count: number): RecordBatch {
  const batch = new RecordBatch(headers, undefined, tombstones);
  for (let at = 0; at < count; at += 1) {
    batch.add({ key: Buffer.from(String(at)), value: at % 3 === 0 ? null : Buffer.from('v'), timestamp: String(at) });
  }
  return batch;
}

describe('a batch that the sink refuses for the sake of some records', () => {
  it('brings every record but the refused ones, in order, whichever they are', async () => {
    const some = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.uniqueArray(fc.nat(39), { maxLength: 8 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(some, async ([count, wanted, prefix]) => {
        const bad = new Set(wanted.filter((at) => at < count));
        const arrived: number[] = [];
        const send = async (batch: RecordBatch): Promise<void> => {
          const records = [...batch.records()];
          const fault = records.findIndex(({ key }) => bad.has(Number(key)));
          // What stands before it may have been written all the same.
          const written = fault < 0 ? records : prefix ? records.slice(0, fault) : [];
          for (const { key, value, timestamp, headers: own } of written) {
            arrived.push(Number(key));
            expect([String(key), own]).toEqual([timestamp, value === null ? tombstones : headers]);
          }
          if (fault >= 0) throw new LiberateError('LIB305', 'too wide');
        };
        const refused = await sendApart(batchOf(count), send);
        expect(refused.map(({ at }) => at)).toEqual([...bad].sort((a, b) => a - b));
        const last = [...new Set(arrived.toReversed())].toReversed();
        expect(last).toEqual(Array.from({ length: count }, (_, at) => at).filter((at) => !bad.has(at)));
      }),
    );
  });

  it('is no such batch when the failure is of another kind: it is told as it is, and nothing is taken apart', async () => {
    let sends = 0;
    const lost = new LiberateError('LIB309', 'the broker refuses all');
    const send = async (): Promise<void> => {
      sends += 1;
      throw lost;
    };
    await expect(sendApart(batchOf(8), send)).rejects.toBe(lost);
    expect(sends).toBe(1);
  });
});
