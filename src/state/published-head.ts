import type { PublishedHead, ReconcileReport } from '../model/published.ts';
import { flagAt, numberAt, orNull, shapeAt, textAt } from './job-state.ts';

/** A parsed JSON value as a PublishedHead; throws ShapeError for the first wrong part. */
export function publishedHeadAt(value: unknown, path: string): PublishedHead {
  const shape = shapeAt(value, path);
  return {
    sink: textAt(shape['sink'], `${path}.sink`),
    topic: textAt(shape['topic'], `${path}.topic`),
    begun: numberAt(shape['begun'], `${path}.begun`),
    adopted: flagAt(shape['adopted'], `${path}.adopted`),
    // Older heads have none.
    told: shape['told'] === undefined ? 0 : numberAt(shape['told'], `${path}.told`),
    seed: orNull(shape['seed'] ?? null, `${path}.seed`, textAt),
    last: orNull(shape['last'], `${path}.last`, reportAt),
  };
}

function reportAt(value: unknown, path: string): ReconcileReport {
  const shape = shapeAt(value, path);
  const number = (key: keyof ReconcileReport): number => numberAt(shape[key], `${path}.${key}`);
  return {
    startedAt: number('startedAt'),
    endedAt: number('endedAt'),
    ms: number('ms'),
    rows: number('rows'),
    keys: number('keys'),
    published: number('published'),
    tombstones: number('tombstones'),
    bytes: number('bytes'),
  };
}
