import type { RecordBatch } from '../../../model/record-batch.ts';
import { partitionOf } from '../partition.ts';

/** The records of one partition: places `first` to `last` of `order`. */
export interface Share {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

export interface Split {
  /** Places in the batch, partition by partition and within each in the batch's order; null: as they are. */
  readonly order: Int32Array | null;
  readonly shares: readonly Share[];
}

/** Which partition takes which records. `keyless`: where those without a key go. */
export function splitByPartition(batch: RecordBatch, partitions: number, keyless: () => number): Split {
  const { count, bounds, bytes, routes } = batch;
  if (partitions === 1) return { order: null, shares: [{ partition: 0, first: 0, last: count }] };
  const chosen = new Int32Array(count);
  const ends = new Int32Array(partitions + 1);
  let other = -1;
  for (let at = 0; at < count; at += 1) {
    const from = bounds[at * 4] as number;
    const route = routes === null ? undefined : routes[at * 2];
    let partition: number;
    if (route !== undefined) partition = partitionOf(bytes, partitions, route, routes?.[at * 2 + 1]);
    else if (from >= 0) partition = partitionOf(bytes, partitions, from, bounds[at * 4 + 1] as number);
    else {
      if (other < 0) other = keyless();
      partition = other;
    }
    chosen[at] = partition;
    ends[partition + 1] = (ends[partition + 1] as number) + 1;
  }
  for (let partition = 0; partition < partitions; partition += 1) {
    ends[partition + 1] = (ends[partition + 1] as number) + (ends[partition] as number);
  }
  const shares = [...ends.keys()]
    .slice(0, partitions)
    .map((partition) => ({ partition, first: ends[partition] as number, last: ends[partition + 1] as number }))
    .filter(({ first, last }) => last > first);
  if (shares.length === 1) return { order: null, shares };
  return { order: placed(chosen, ends), shares };
}

/** A counting sort, which keeps the order within each partition. */
function placed(chosen: Int32Array, begins: Int32Array): Int32Array {
  const order = new Int32Array(chosen.length);
  for (let at = 0; at < chosen.length; at += 1) {
    const partition = chosen[at] as number;
    const place = begins[partition] as number;
    order[place] = at;
    begins[partition] = place + 1;
  }
  return order;
}
