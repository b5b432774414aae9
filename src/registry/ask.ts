import { backoffDelay } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import { LiberateError } from '../kit/errors.ts';
import { redactSecrets } from '../kit/redact.ts';
import type { RegistryConfig } from '../model/registry.ts';
import { type Asked, isPassing, type Said, saidBy } from './answers.ts';
import { Endless, exchange, Late } from './exchange.ts';

export type Ask = (what: string, path: string, body: object | null, signal: AbortSignal) => Promise<{ said: Said | null; asked: Asked }>;

/** Milliseconds for one try: a connection that hangs must not use up the deadline. */
const oneTry = 5_000;

/** Asks as often as it takes, until the deadline: what does not answer, or says that it cannot just now. LIB702 when it is over. */
export function asker(config: RegistryConfig, { clock, random }: { readonly clock: Clock; readonly random: () => number }): Ask {
  const { url, tls, deadline } = config;
  const login = loginHeader(config);
  const secrets = secretsOf(config, login);
  const clean = (text: string): string => redactSecrets(text, secrets);
  const headers = {
    accept: 'application/vnd.schemaregistry.v1+json, application/json',
    'content-type': 'application/vnd.schemaregistry.v1+json',
    ...(login === null ? {} : { authorization: login }),
  };
  return async (what, path, body, signal) => {
    const asked: Asked = { what, place: url, clean };
    const until = clock.now() + deadline;
    for (let attempt = 1; ; attempt += 1) {
      const within = Math.max(1, Math.min(oneTry, until - clock.now()));
      const question = { url: `${url}${path}`, headers, tls, body: body === null ? null : JSON.stringify(body), within };
      const heard = await exchange(question, signal).catch((error: unknown) => failure(error, asked));
      if (signal.aborted) throw signal.reason;
      const delay = backoffDelay(attempt, random());
      const over = clock.now() + delay >= until;
      if (heard instanceof LiberateError) {
        if (over || isFinal(heard)) throw heard;
      } else if (over || !isPassing(heard)) {
        return { said: saidBy(heard, asked), asked };
      }
      await clock.sleep(delay, signal);
      if (signal.aborted) throw signal.reason;
    }
  };
}

/** Asking again at once brings the same. */
const isFinal = ({ code, cause }: LiberateError): boolean => code !== 'LIB702' || isTls(codeOf(cause));

function failure(error: unknown, { what, place, clean }: Asked): LiberateError {
  const words = clean(error instanceof Error ? error.message : String(error));
  const code = codeOf(error);
  const told = `${what} at ${place}: ${words === '' ? code : words}`;
  // A server that speaks, and not HTTP.
  if (error instanceof Endless || code.startsWith('HPE_')) return new LiberateError('LIB705', told, { cause: error });
  if (isTls(code)) {
    const cure = "Give the certificate of the authority that signed the registry's as `registry.tls.ca`, or mend what the message names.";
    return new LiberateError('LIB702', told, { cause: error, cure });
  }
  const cure = error instanceof Late ? { cure: 'Nothing: it is tried again; look at the registry if it goes on.' } : {};
  return new LiberateError('LIB702', told, { cause: error, ...cure });
}

/** Of several addresses of one name, that of the first. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const isTls = (code: string): boolean => /^(ERR_(SSL|TLS|OSSL)_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|EPROTO$)/.test(code);

function loginHeader({ login }: RegistryConfig): string | null {
  switch (login?.kind) {
    case undefined:
      return null;
    case 'basic':
      return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
    case 'bearer':
      return `Bearer ${login.token}`;
    default:
      return login satisfies never;
  }
}

/** As they stand in the file, and as they travel. */
function secretsOf({ login, tls }: RegistryConfig, header: string | null): readonly string[] {
  const own = login === null ? [] : [login.kind === 'basic' ? login.password : login.token];
  return [...own, header?.replace(/^\w+ /, '') ?? '', tls?.key ?? ''].filter((secret) => secret !== '');
}
