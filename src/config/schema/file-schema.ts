import type { z } from 'zod';
import { shortName } from '../defaults.ts';
import { sourceSchema, stateSchema } from './database-schema.ts';
import { key, mapping, named, required } from './forms.ts';
import { httpAddress } from './http-form.ts';
import { defaultsSchema, jobSchema } from './job-schema.ts';
import { sinkSchema } from './sink-schema.ts';

/** What sources, sinks and jobs may be called: a job's name is its topic unless it says otherwise. */
export const namePattern = '^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$';

/** Names are checked by a rule of their own: here, a wrong one would hide what is wrong inside. */
const names = { propertyNames: { pattern: namePattern } };

export const fileSchema = mapping(
  {
    source: key(sourceSchema, {
      description: `The only source, called "${shortName}": a URL, or a mapping with url.`,
      default: '<this or sources must be written>',
      examples: ['postgres://liberate:${SHOP_PASSWORD}@db.internal/shop', 'sqlite:shop.db'],
    }),
    sources: key(named(sourceSchema, 'a mapping of names to sources', names), {
      description: 'Several sources by name.',
      default: '<this or source must be written>',
      examples: [{ shop: 'postgres://db.internal/shop', crm: 'mysql://db.internal/crm' }],
    }),
    sink: key(sinkSchema, {
      description: `The only sink, called "${shortName}": kafka://…, ndjson:FOLDER, stdout, or a mapping with brokers.`,
      default: '<this or sinks must be written>',
      examples: ['kafka://kafka:9092', 'ndjson:out', 'stdout'],
    }),
    sinks: key(named(sinkSchema, 'a mapping of names to sinks', names), {
      description: 'Several sinks by name.',
      default: '<this or sink must be written>',
      examples: [{ events: 'kafka://kafka:9092', files: 'ndjson:out' }],
    }),
    state: key(stateSchema, {
      description: 'Where the progress of the jobs is kept: a SQLite file, or a database that several runners share.',
      default: '<a SQLite file next to the jobs file: jobs.yaml has jobs.state.db>',
      examples: ['sqlite:liberate.state.db', 'postgres://liberate@db.internal/liberate'],
    }),
    http: key(httpAddress(), {
      description:
        'Address of `/metrics` (Prometheus), `/health` and `/status` while `liberate run` runs. A port alone is on 127.0.0.1; whoever reaches it may read it.',
      default: '<none: nothing listens>',
      examples: ['127.0.0.1:9464', 9464],
    }),
    defaults: key(defaultsSchema, {
      description: 'Job keys for every job that does not write them itself.',
      default: {},
      examples: [{ every: '30s', batch: 5000 }],
    }),
    jobs: required(named(jobSchema, 'a mapping of names to jobs', names), {
      description: 'The jobs by name.',
      examples: [{ customers: { table: 'customers', cursor: 'updated_at' } }],
    }),
  },
  'a mapping with source, sink and jobs',
);
export type FileData = z.core.output<typeof fileSchema>;
