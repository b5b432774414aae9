import type { BackfillScope, BackfillState, ChunkProgress } from '../model/backfill.ts';
import { definitionAt, flagAt, listAt, markAt, numberAt, orNull, shapeAt, textAt } from './job-state.ts';

/** A parsed JSON value as a BackfillState; throws ShapeError for the first wrong part. */
export function backfillStateAt(value: unknown, path: string): BackfillState {
  const shape = shapeAt(value, path);
  return {
    scope: scopeAt(shape['scope'], `${path}.scope`),
    begun: numberAt(shape['begun'], `${path}.begun`),
    chunks: listAt(shape['chunks'], `${path}.chunks`).map((chunk, at) => chunkAt(chunk, `${path}.chunks[${at}]`)),
  };
}

function scopeAt(value: unknown, path: string): BackfillScope {
  const shape = shapeAt(value, path);
  return {
    definition: definitionAt(shape['definition'], `${path}.definition`),
    schema: textAt(shape['schema'], `${path}.schema`),
    sink: textAt(shape['sink'], `${path}.sink`),
    topic: textAt(shape['topic'], `${path}.topic`),
    from: orNull(shape['from'], `${path}.from`, textAt),
    to: orNull(shape['to'], `${path}.to`, textAt),
    window: orNull(shape['window'], `${path}.window`, textAt),
  };
}

function chunkAt(value: unknown, path: string): ChunkProgress {
  const shape = shapeAt(value, path);
  return {
    from: orNull(shape['from'], `${path}.from`, textAt),
    to: orNull(shape['to'], `${path}.to`, textAt),
    after: orNull(shape['after'], `${path}.after`, markAt),
    upto: orNull(shape['upto'], `${path}.upto`, markAt),
    alone: flagAt(shape['alone'], `${path}.alone`),
    rows: orNull(shape['rows'], `${path}.rows`, numberAt),
    mark: orNull(shape['mark'], `${path}.mark`, markAt),
    done: flagAt(shape['done'], `${path}.done`),
    published: numberAt(shape['published'], `${path}.published`),
  };
}
