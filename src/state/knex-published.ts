import type { Knex } from 'knex';
import type {
  LogSegment,
  NewBucket,
  PublishedBucket,
  PublishedExport,
  PublishedHead,
  PublishedSegment,
  PublishedSize,
} from '../model/published.ts';
import { tables } from './migrations.ts';
import type { PublishedStore } from './published-store.ts';
import { checksum, decodeBytes, decodeHead, encodeState, integer, type Row } from './rows.ts';

type Outcome = 'committed' | 'fenced';

/** What the store of states lends. */
interface Access {
  about<T>(job: string, work: (db: Knex) => Promise<T>): Promise<T>;
  fenced(job: string, fence: bigint, write: (trx: Knex.Transaction) => Promise<void>): Promise<Outcome>;
}

/** The log has its rows beside the buckets', under a number that no bucket has. */
const log = 0;

/** Segments that `dump` holds of the log at once. */
const dumped = 100;

const numberOf = (row: Row, column: string): number => Number(integer(row[column], `${column} of what was published`));

export class KnexPublished implements PublishedStore {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  head(job: string): Promise<PublishedHead | null> {
    return this.#access.about(job, async (db) => {
      const rows: readonly Row[] = await db(tables.publishedHead).select('state', 'state_sum').where({ job });
      return rows[0] === undefined ? null : decodeHead(job, rows[0]);
    });
  }

  saveHead(job: string, head: PublishedHead, fence: bigint): Promise<Outcome> {
    return this.#access.fenced(job, fence, (trx) => putHead(trx, job, head));
  }

  size(job: string): Promise<PublishedSize> {
    return this.#access.about(job, async (db) => {
      const rows: readonly Row[] = await db(tables.published)
        .select('bucket')
        .max('seq as last')
        .sum('entries as entries')
        .sum('bytes as bytes')
        .count('* as count')
        .where({ job })
        .groupBy('bucket')
        .orderBy('bucket');
      const sum = (of: readonly Row[], column: string): number => of.reduce((total, row) => total + numberOf(row, column), 0);
      const ofLog = rows.filter((row) => numberOf(row, 'bucket') === log);
      const ofBuckets = rows.filter((row) => numberOf(row, 'bucket') !== log);
      return {
        segments: sum(ofLog, 'count'),
        logged: sum(ofLog, 'entries'),
        entries: sum(ofBuckets, 'entries'),
        bytes: sum(rows, 'bytes'),
        last: Math.max(0, ...rows.map((row) => numberOf(row, 'last'))),
        buckets: ofBuckets.map((row) => numberOf(row, 'bucket')),
      };
    });
  }

  append(job: string, segments: readonly PublishedSegment[], sure: readonly number[], fence: bigint): Promise<Outcome> {
    return this.#access.fenced(job, fence, async (trx) => {
      for (const segment of segments) await putSegment(trx, job, { ...segment, sure: false });
      if (sure.length > 0) await trx(tables.published).where({ job, bucket: log }).whereIn('seq', sure).update({ sure: 1 });
    });
  }

  log(job: string, after: number, upto: number, most: number): Promise<readonly LogSegment[]> {
    return this.#access.about(job, async (db) => {
      const rows: readonly Row[] = await db(tables.published)
        .select('seq', 'sure', 'entries', 'data', 'data_sum')
        .where({ job, bucket: log })
        .andWhere('seq', '>', after)
        .andWhere('seq', '<=', upto)
        .orderBy('seq')
        .limit(most);
      return rows.map((row) => ({
        seq: numberOf(row, 'seq'),
        sure: numberOf(row, 'sure') === 1,
        entries: numberOf(row, 'entries'),
        data: decodeBytes(job, row),
      }));
    });
  }

  dropLog(job: string, upto: number, fence: bigint): Promise<Outcome> {
    return this.#access.fenced(job, fence, async (trx) => {
      await trx(tables.published).where({ job, bucket: log }).andWhere('seq', '<=', upto).delete();
    });
  }

  bucket(job: string, bucket: number): Promise<PublishedBucket | null> {
    return this.#access.about(job, (db) => readBucket(db, job, bucket));
  }

  replace(job: string, bucket: number, by: readonly NewBucket[], fence: bigint): Promise<Outcome> {
    return this.#access.fenced(job, fence, async (trx) => {
      await trx(tables.published).where({ job, bucket }).delete();
      for (const one of by) await putBucket(trx, job, { ...one, sure: true });
    });
  }

  clear(job: string, fence: bigint): Promise<Outcome> {
    return this.#access.fenced(job, fence, (trx) => forget(trx, job));
  }

  async dump(job: string): Promise<PublishedExport> {
    const { buckets: numbers, last } = await this.size(job);
    const segments: LogSegment[] = [];
    for (let page = await this.log(job, 0, last, dumped); page.length > 0; ) {
      segments.push(...page);
      page = await this.log(job, page.at(-1)?.seq ?? last, last, dumped);
    }
    const buckets: PublishedBucket[] = [];
    for (const number of numbers) {
      const bucket = await this.bucket(job, number);
      if (bucket !== null) buckets.push(bucket);
    }
    return { head: await this.head(job), log: segments, buckets };
  }

  restore(job: string, { head, log: segments, buckets }: PublishedExport, fence: bigint): Promise<Outcome> {
    return this.#access.fenced(job, fence, async (trx) => {
      await forget(trx, job);
      if (head !== null) await putHead(trx, job, head);
      for (const segment of segments) await putSegment(trx, job, segment);
      for (const bucket of buckets) await putBucket(trx, job, bucket);
    });
  }
}

async function forget(trx: Knex, job: string): Promise<void> {
  await trx(tables.published).where({ job }).delete();
  await trx(tables.publishedHead).where({ job }).delete();
}

async function putHead(trx: Knex, job: string, head: PublishedHead): Promise<void> {
  await trx(tables.publishedHead)
    .insert({ job, ...encodeState(head) })
    .onConflict('job')
    .merge();
}

const columnsOf = (data: Buffer): object => ({ bytes: data.length, data, data_sum: checksum(data) });

async function putSegment(trx: Knex, job: string, { seq, sure, entries, data }: LogSegment): Promise<void> {
  await trx(tables.published).insert({ job, bucket: log, seq, piece: 0, sure: sure ? 1 : 0, entries, ...columnsOf(data) });
}

async function putBucket(trx: Knex, job: string, { bucket, upto, sure, pieces }: PublishedBucket): Promise<void> {
  for (const [piece, { entries, data }] of pieces.entries()) {
    await trx(tables.published).insert({ job, bucket, seq: upto, piece, sure: sure ? 1 : 0, entries, ...columnsOf(data) });
  }
}

async function readBucket(db: Knex, job: string, bucket: number): Promise<PublishedBucket | null> {
  const rows: readonly Row[] = await db(tables.published)
    .select('seq', 'sure', 'entries', 'data', 'data_sum')
    .where({ job, bucket })
    .orderBy('piece');
  const [first] = rows;
  if (first === undefined) return null;
  return {
    bucket,
    upto: numberOf(first, 'seq'),
    sure: rows.every((row) => numberOf(row, 'sure') === 1),
    pieces: rows.map((row) => ({ entries: numberOf(row, 'entries'), data: decodeBytes(job, row) })),
  };
}
