/** Where a stream's rows come from, as envelopes tell it. */
export interface Origin {
  readonly kind: 'postgres' | 'mysql' | 'sqlite';
  /** The source's name in the jobs file. */
  readonly name: string;
  readonly database: string;
  readonly schema: string;
  /** Of a query, the job's name. */
  readonly table: string;
}

export const noOrigin: Origin = { kind: 'postgres', name: 'source', database: '', schema: '', table: '' };
