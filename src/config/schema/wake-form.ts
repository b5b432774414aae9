import type { Wake } from '../../model/job.ts';
import { type Reading, reading } from './forms.ts';

const words = 'true, or the name of a channel such as orders_changed';

/** PostgreSQL cuts a longer identifier off, and refuses to notify it. */
const longestChannel = 63;

/** `false` takes the `wake` of the defaults away. Which of the forms a source can have is a rule of the file. */
export function wake() {
  return reading<Wake | false>(words, read, { type: ['string', 'boolean'], minLength: 1 });
}

function read(text: string): Reading<Wake | false> {
  const word = text.trim();
  if (word === '') return {};
  if (/^(true|false)$/i.test(word)) return { value: word.toLowerCase() === 'true' ? { kind: 'file' } : false };
  if (Buffer.byteLength(word) > longestChannel) return { expected: `${words}, of at most ${longestChannel} bytes` };
  return { value: { kind: 'channel', channel: word } };
}
