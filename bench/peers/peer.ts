import type { Kind } from '../databases/database.ts';
import type { Usage } from '../measure.ts';
import { debezium } from './debezium.ts';
import { mqBridge } from './mq-bridge.ts';

/** What a peer has to do: all rows of a table into a topic of one partition that is there already, keyed. */
export interface PeerTask {
  /** Of the database, with user and password. */
  readonly url: string;
  readonly table: string;
  readonly rows: number;
  readonly brokers: readonly string[];
  readonly topic: string;
  /** For its files; its own. */
  readonly directory: string;
  /** Records in the topic now. */
  count(): Promise<number>;
}

/** Another tool that does what liberate does. It is installed when it is first asked for. */
export interface Peer {
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** From the start of its process to the last record in the topic. */
  round(task: PeerTask): Promise<Usage>;
}

export const peers: readonly Peer[] = [mqBridge, debezium];
