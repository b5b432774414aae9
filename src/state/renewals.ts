import { asLiberateError } from '../kit/errors.ts';
import type { Renewal } from './state-store.ts';

export interface HeldFence {
  readonly job: string;
  readonly fence: bigint;
}

/** Renews these in one statement and gives the jobs whose lease is still ours; of the others nothing. */
export type SendRenewals = (leases: readonly HeldFence[], ttlMs: number) => Promise<Renewed>;
export type Renewed = ReadonlyMap<string, Renewal>;

interface Asked extends HeldFence {
  readonly ttlMs: number;
  settle(renewed: Promise<Renewed>): void;
}

/** Leases of one statement: SQLite nests its conditions no deeper than 1,000. */
const most = 200;

/** The leases of a process beat together (lease.ts): what is asked in one moment goes to the store together too. */
export class Renewals {
  readonly #send: SendRenewals;
  #asked: Asked[] = [];

  constructor(send: SendRenewals) {
    this.#send = send;
  }

  renew(job: string, fence: bigint, ttlMs: number): Promise<Renewal> {
    return new Promise((resolve, reject) => {
      // After every timer that is due: they run one after the other.
      if (this.#asked.length === 0) setImmediate(() => this.#flush());
      const settle = (renewed: Promise<Renewed>): void => {
        renewed.then(
          (jobs) => resolve(jobs.get(job) ?? 'lost'),
          (error: unknown) => reject(asLiberateError(error).at({ job })),
        );
      };
      this.#asked.push({ job, fence, ttlMs, settle });
    });
  }

  #flush(): void {
    let left = this.#asked;
    this.#asked = [];
    while (left.length > 0) {
      const now = takeGroup(left);
      left = left.filter((one) => !now.includes(one));
      const renewed = this.#send(now, now[0]?.ttlMs ?? 0);
      for (const { settle } of now) settle(renewed);
    }
  }
}

/** Of one length of time, and each job once: an answer names its job alone. */
function takeGroup(asked: readonly Asked[]): readonly Asked[] {
  const jobs = new Map<string, Asked>();
  for (const one of asked) {
    if (one.ttlMs === asked[0]?.ttlMs && jobs.size < most && !jobs.has(one.job)) jobs.set(one.job, one);
  }
  return [...jobs.values()];
}
