import { LiberateError } from '../kit/errors.ts';
import type { Answer } from './exchange.ts';

/** What was asked, for messages. */
export interface Asked {
  /** `registering under shop.orders-value`. */
  readonly what: string;
  readonly place: string;
  /** Takes secrets out of what a server says: it may repeat what it was sent. */
  readonly clean: (text: string) => string;
}

/** What a registry says in JSON. */
export type Said = Readonly<Record<string, unknown>>;

/** An answer that may be had by asking again. */
export const isPassing = ({ status }: Answer): boolean => status === 429 || status >= 500;

/** What an answer says. null: there is no such subject, version or schema. LIB702 to LIB705 for what is no answer to the question. */
export function saidBy(answer: Answer, asked: Asked): Said | null {
  const { status } = answer;
  const said = jsonOf(answer);
  if (status >= 200 && status < 300) {
    if (said === null) throw nonsense(answer, asked);
    return said;
  }
  // Whoever says so: a gateway in front of it has no registry's words.
  if (status === 401 || status === 403) throw refusedLogin(answer, asked);
  if (isPassing(answer)) throw new LiberateError('LIB702', `${asked.what} at ${asked.place}: ${reasonOf(answer, asked)}`);
  const code = said?.['error_code'];
  if (status === 404 && (code === 40401 || code === 40402 || code === 40403)) return null;
  if (status === 409 || status === 422 || (status === 400 && said !== null)) {
    throw new LiberateError('LIB704', `${asked.what} at ${asked.place}: ${reasonOf(answer, asked)}`);
  }
  throw nonsense(answer, asked);
}

/** A schema's number. LIB705 for anything else. */
export function idIn(said: Said, asked: Asked): number {
  const { id } = said;
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 31) return id;
  throw new LiberateError('LIB705', `${asked.what} at ${asked.place}: the answer has no number of a schema in it`);
}

/** Its reasons against a schema. LIB705 where it does not say whether it has any. */
export function breaksIn({ is_compatible: fits, messages }: Said, asked: Asked): readonly string[] {
  if (typeof fits !== 'boolean') {
    throw new LiberateError('LIB705', `${asked.what} at ${asked.place}: the answer does not say whether the schema fits`);
  }
  if (fits) return [];
  const words = Array.isArray(messages) ? messages.filter((one) => typeof one === 'string').map((one) => shortened(asked.clean(one))) : [];
  return words.length > 0 ? words : ['it gives no reason'];
}

/** How the versions of a subject have to be compatible: `FORWARD`. */
export const ruleIn = ({ compatibilityLevel: rule }: Said): string | null =>
  typeof rule === 'string' && /^[A-Z_]{1,40}$/.test(rule) ? rule : null;

function jsonOf({ text }: Answer): Said | null {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === 'object' && said !== null && !Array.isArray(said) ? (said as Said) : null;
  } catch {
    return null;
  }
}

function refusedLogin(answer: Answer, asked: Asked): LiberateError {
  const cure = answer.status === 403 ? 'Grant the user what the registry asks for.' : undefined;
  return new LiberateError('LIB703', `${asked.what} at ${asked.place}: ${reasonOf(answer, asked)}`, cure === undefined ? {} : { cure });
}

function nonsense(answer: Answer, asked: Asked): LiberateError {
  return new LiberateError('LIB705', `${asked.what} at ${asked.place}: ${reasonOf(answer, asked)}`);
}

/** `409: Schema being registered is incompatible …`, or how a page begins. */
function reasonOf(answer: Answer, asked: Asked): string {
  const message = jsonOf(answer)?.['message'];
  const words = typeof message === 'string' ? message : answer.text;
  const told = shortened(asked.clean(words.replace(/\s+/g, ' ').trim()));
  return `it answered ${answer.status}${told === '' ? `, ${answer.type === '' ? 'and nothing' : `with nothing of ${answer.type}`}` : `: ${told}`}`;
}

const shortened = (words: string): string => (words.length > 400 ? `${words.slice(0, 397)}…` : words);
