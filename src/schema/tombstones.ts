import type { Encoder } from './encoder.ts';

/** The same events, but of a row that is marked as deleted its tombstone. */
export function withTombstones(encoder: Encoder): Encoder {
  return {
    ...encoder,
    append: (rows, at, timestamp, into) => {
      if (rows.deleted(at)) encoder.bury(rows, at, timestamp, into);
      else encoder.append(rows, at, timestamp, into);
    },
  };
}
