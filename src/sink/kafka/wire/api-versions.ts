import { ask, type Call, type Connection } from './connection.ts';
import { refuse, WireFault } from './faults.ts';

/** The requests of ours: their numbers, and the versions that we write and read, none of them flexible. */
const requests = {
  /** Kafka 2.1 knows 7; 3 is the first with record batches of version 2. */
  produce: { key: 0, from: 3, to: 8 },
  /** 4 is the first that can forbid the making of a topic. */
  metadata: { key: 3, from: 4, to: 8 },
  saslHandshake: { key: 17, from: 1, to: 1 },
  // Not 1: who says that it knows the end of a session must log in again before it.
  saslAuthenticate: { key: 36, from: 0, to: 0 },
  initProducerId: { key: 22, from: 0, to: 1 },
} as const;

export type RequestName = keyof typeof requests;
export type Versions = (request: RequestName) => Call;

const apiVersions: Call = { key: 18, version: 0 };

/** What both sides know: the highest version of each request. WireFault from the function for a request without one. */
export async function agreeOnVersions(connection: Connection): Promise<Versions> {
  const known = await ask(connection, apiVersions, [], (reader) => {
    refuse(reader.int16());
    return new Map(reader.array((entry) => [entry.int16(), { from: entry.int16(), to: entry.int16() }] as const));
  });
  return (request) => {
    const { key, from, to } = requests[request];
    const theirs = known.get(key);
    const version = Math.min(to, theirs?.to ?? -1);
    if (theirs === undefined || version < Math.max(from, theirs.from)) {
      const found = theirs === undefined ? 'does not know it' : `knows ${theirs.from} to ${theirs.to}`;
      throw new WireFault(`the request ${request} in versions ${from} to ${to} is needed, and ${connection.address} ${found}`);
    }
    return { key, version };
  };
}
