import type { Reading } from './reading.ts';
import { jsonReading } from './reading-json.ts';

/** Each event brings its own schema: what is left is what a consumer has made of it. */
export const connectReading: Reading = jsonReading;
