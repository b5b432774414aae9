/** Run by the build: writes the JSON Schema of jobs files into the package. */
import { writeFileSync } from 'node:fs';
import { jobsFileSchema } from './json-schema.ts';

writeFileSync(new URL('../../liberate.schema.json', import.meta.url), `${JSON.stringify(jobsFileSchema(), null, 2)}\n`);
