import type { Flavour } from '../../query/flavour.ts';
import type { ReadRequest } from '../../query/request.ts';
import { parseCursorText } from '../cursor-text.ts';
import type { Source } from '../source.ts';
import type { SourceConfig } from '../source-config.ts';
import { checkServer } from './check.ts';
import { Connections } from './connection.ts';
import { describeQuery, describeTable, listTables } from './describe.ts';
import { explain, indexSql } from './explain.ts';
import { flavourOf } from './flavour.ts';
import { Horizons } from './horizon.ts';
import { countNulls, estimate, lastPosition, nthPosition, readPage } from './read.ts';
import type { Session } from './session.ts';
import { versionOf } from './version.ts';
import { zoneOf } from './zone.ts';

/** MariaDB 10.5, MySQL 8, and later. Nothing is connected before the first call. */
export function openMysql(config: SourceConfig): Source {
  const flavour = flavourOf(config.timezone === null ? null : zoneOf(config.timezone));
  const connections = new Connections(config);
  const horizons = new Horizons(connections);
  const planned =
    <T>(work: (session: Session, flavour: Flavour, request: ReadRequest) => Promise<T>) =>
    (request: ReadRequest, signal: AbortSignal): Promise<T> =>
      connections.use(signal, (session) => work(session, flavour, request));

  return {
    name: config.name,
    kind: 'mysql',
    hints: null,
    async check(signal) {
      const sighting = await horizons.probe(signal);
      return connections.use(signal, (session) => checkServer(session, sighting, config.timezone === null));
    },
    tables: (signal) => connections.use(signal, listTables),
    describe: (relation, signal) =>
      connections.use(signal, async (session) => {
        if (relation.kind === 'query') return describeQuery(session, flavour, relation);
        // First: of what comes between the two the version would be too new, and nobody would ever look again.
        const version = await versionOf(session, flavour, relation);
        return describeTable(session, relation.table, version);
      }),
    horizon: (lookbackMs, signal) => horizons.take(lookbackMs, signal),
    countNulls: planned(countNulls),
    last: planned(lastPosition),
    nth: planned(nthPosition),
    estimate: planned(estimate),
    explain: planned(explain),
    indexSql,
    async *read(request, signal) {
      await using session = await connections.open(signal);
      yield* readPage(session, flavour, request);
    },
    async *uncommitted(request, signal) {
      await using session = await connections.open(signal);
      yield* session.uncommitted(readPage(session, flavour, request));
    },
    together: null,
    parseCursor: parseCursorText,
    async [Symbol.asyncDispose]() {
      await horizons[Symbol.asyncDispose]();
      await connections[Symbol.asyncDispose]();
    },
  };
}
