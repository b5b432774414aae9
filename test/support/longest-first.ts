import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that last long: begun last, they would leave one worker alone with them. */
const long = [
  'package/tarball',
  'acceptance/load-and-poll',
  'ddl/registry-mariadb',
  'ddl/registry-postgres',
  'ddl/registry-sqlite',
  'registry/verdicts',
  'integrity/kill',
  'integrity/reconcile',
  'integrity/soft-deletes',
  'integrity/verify',
  'integrity/dead-letters',
  'sink/kafka-leaders',
  'integrity/outage',
  'integrity/backfill',
  'sink/kafka-outage',
  'integrity/model',
];

const placeOf = ({ moduleId }: TestSpecification): number => {
  const at = long.findIndex((name) => moduleId.includes(`/test/${name}.`));
  return at < 0 ? long.length : at;
};

/** Those first, in this order; the others as vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => placeOf(a) - placeOf(b));
  }
}
