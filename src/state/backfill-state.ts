import { type ErrorCode, errorTable } from '../kit/errors.ts';
import type {
  AskedBackfill,
  BackfillAnswer,
  BackfillFailure,
  BackfillScope,
  BackfillState,
  ChunkProgress,
  ChunkReport,
} from '../model/backfill.ts';
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

/** A parsed JSON value as what a command asks of a runner; throws ShapeError for the first wrong part. */
export function askedAt(value: unknown, path: string): AskedBackfill {
  const shape = shapeAt(value, path);
  return {
    by: textAt(shape['by'], `${path}.by`),
    parallel: numberAt(shape['parallel'], `${path}.parallel`),
    backfill: backfillStateAt(shape['backfill'], `${path}.backfill`),
  };
}

/** The same for what the runner says of it. */
export function answerAt(value: unknown, path: string): BackfillAnswer {
  const shape = shapeAt(value, path);
  const number = (name: 'published' | 'deadLetters' | 'bytes'): number => numberAt(shape[name], `${path}.${name}`);
  return {
    runner: textAt(shape['runner'], `${path}.runner`),
    published: number('published'),
    deadLetters: number('deadLetters'),
    bytes: number('bytes'),
    chunks: listAt(shape['chunks'], `${path}.chunks`).map((chunk, at) => reportAt(chunk, `${path}.chunks[${at}]`)),
    end: shape['end'] === 'done' ? 'done' : orNull(shape['end'], `${path}.end`, failureAt),
  };
}

function reportAt(value: unknown, path: string): ChunkReport {
  const shape = shapeAt(value, path);
  return {
    chunk: numberAt(shape['chunk'], `${path}.chunk`),
    range: textAt(shape['range'], `${path}.range`),
    published: numberAt(shape['published'], `${path}.published`),
    ms: numberAt(shape['ms'], `${path}.ms`),
  };
}

function failureAt(value: unknown, path: string): BackfillFailure {
  const shape = shapeAt(value, path);
  const code = textAt(shape['code'], `${path}.code`);
  return {
    // A newer runner may have one that this program does not know.
    code: Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'LIB901',
    message: textAt(shape['message'], `${path}.message`),
    cure: textAt(shape['cure'], `${path}.cure`),
    column: orNull(shape['column'], `${path}.column`, textAt),
  };
}
