import type { StreamReader } from '../../src/sink/stream-reader.ts';

/** For engines whose jobs have no dead letters: nothing is ever read back. */
export const noReader = (): Promise<StreamReader> => Promise.reject(new Error('this sink is not read'));
