import { throwIfAborted } from '../../kit/abort.ts';
import type { Relation, Shape } from '../../model/column.ts';
import type { Horizon } from '../../model/watermark.ts';
import type { Flavour } from '../../query/flavour.ts';
import type { ReadRequest } from '../../query/request.ts';
import { parseCursorText } from '../cursor-text.ts';
import { SharedLook } from '../shared-look.ts';
import type { Source } from '../source.ts';
import type { SourceConfig } from '../source-config.ts';
import { checkServer } from './check.ts';
import { Connections } from './connection.ts';
import { describeQuery, describeTable, listTables } from './describe.ts';
import { explain, indexSql } from './explain.ts';
import { flavourOf } from './flavour.ts';
import { horizonOf, lookAt, type Sighting } from './horizon.ts';
import { countNulls, estimate, lastPosition, nthPosition, readPage } from './read.ts';
import type { Session } from './session.ts';
import { SessionAges } from './session-ages.ts';
import { Together } from './together.ts';
import { Notifications } from './wake.ts';

/** PostgreSQL 13 and later. Nothing is connected before the first call. */
export function openPostgres(config: SourceConfig): Source {
  const connections = new Connections(config);
  const hints = new Notifications(config);
  const ages = new SessionAges();
  const looks = new SharedLook(async (signal) => {
    const sighting = await connections.use(signal, ({ query }) => lookAt(query));
    return { ...sighting, eldest: ages.eldest(sighting) };
  });
  const flavours = new Map<string, Flavour>();
  const flavourFor = (session: Session): Flavour => {
    const zone = config.timezone ?? session.timezone;
    const flavour = flavours.get(zone) ?? flavourOf(zone);
    flavours.set(zone, flavour);
    return flavour;
  };
  const horizons = remembered(horizonOf);
  const together = new Together(connections, flavourFor);
  const planned =
    <T>(work: (session: Session, flavour: Flavour, request: ReadRequest) => Promise<T>) =>
    (request: ReadRequest, signal: AbortSignal): Promise<T> =>
      connections.use(signal, (session) => work(session, flavourFor(session), request));

  return {
    name: config.name,
    kind: 'postgres',
    hints,
    check: (signal) => connections.use(signal, ({ query, timezone }) => checkServer(query, config.timezone === null ? timezone : null)),
    tables: (signal) => connections.use(signal, ({ query }) => listTables(query)),
    describe: (relation: Relation, signal): Promise<Shape> =>
      connections.use(signal, (session) =>
        relation.kind === 'table'
          ? describeTable(session.query, relation.table)
          : describeQuery(session.query, flavourFor(session), relation),
      ),
    horizon: async (lookbackMs, signal, after = Number.POSITIVE_INFINITY) => horizons(await looks.take(after, signal), lookbackMs),
    countNulls: planned(countNulls),
    last: planned(lastPosition),
    nth: planned(nthPosition),
    estimate: planned(estimate),
    explain: planned(explain),
    indexSql,
    async *read(request, signal) {
      await using session = await connections.open(signal);
      yield* readPage(session, flavourFor(session), request);
    },
    uncommitted: null,
    async together(request, signal) {
      throwIfAborted(signal);
      const answer = await together.read(request);
      throwIfAborted(signal);
      return answer;
    },
    parseCursor(text, column) {
      const parsed = parseCursorText(text, column);
      return column.type.kind === 'timestamptz' ? `${parsed}+00` : parsed;
    },
    async [Symbol.asyncDispose]() {
      await hints[Symbol.asyncDispose]();
      await together[Symbol.asyncDispose]();
      await looks[Symbol.asyncDispose]();
      await connections[Symbol.asyncDispose]();
    },
  };
}

/** The horizon of the newest look, made once for all jobs of one look-back. */
function remembered(horizon: typeof horizonOf): typeof horizonOf {
  let newest: Sighting | null = null;
  const made = new Map<number | null, Horizon>();
  return (sighting, lookbackMs) => {
    if (sighting !== newest) made.clear();
    newest = sighting;
    const known = made.get(lookbackMs) ?? horizon(sighting, lookbackMs);
    made.set(lookbackMs, known);
    return known;
  };
}
