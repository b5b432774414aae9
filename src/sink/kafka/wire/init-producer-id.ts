import { ask, type Call, type Connection } from './connection.ts';
import { refuse } from './faults.ts';
import { Writer } from './writer.ts';

export interface ProducerId {
  readonly id: bigint;
  readonly epoch: number;
}

/** A new id for a producer without transactions. */
export function initProducerId(connection: Connection, call: Call): Promise<ProducerId> {
  // The time-out is one of transactions.
  const body = new Writer().string(null).int32(0).done();
  return ask(connection, call, [body], (reader) => {
    reader.int32();
    refuse(reader.int16());
    return { id: reader.int64(), epoch: reader.int16() };
  });
}
