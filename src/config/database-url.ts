import type { Reading, Refusal } from './schema/forms.ts';

/** TLS as a URL's parameters ask for it; null: they say nothing. */
export interface UrlTls {
  readonly on: boolean;
  readonly verify: boolean;
  /** Paths, relative to the jobs file. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** A database URL taken apart. */
export interface Address {
  readonly kind: 'postgres' | 'mysql' | 'sqlite';
  /** Without user, password and parameters; SQLite: the path as it is written. */
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  /** The password as the URL has it, percent-encoded. */
  readonly encodedPassword: string | null;
  readonly tls: UrlTls | null;
}

const forms = 'postgres://user@host/database, mysql://user@host/database, mariadb://… or sqlite:FILE';
const kinds: Readonly<Record<string, 'postgres' | 'mysql'>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
};
const unencoded: Refusal = {
  expected: 'a URL whose user and password have / ? # @ : and % percent-encoded',
  cure: 'Write %2F for /, %3F for ?, %23 for #, %40 for @, %3A for :, %25 for %; or leave them out of the URL and use the keys `user:` and `password:`, which need no encoding.',
};

function decode(text: string | undefined): string | null {
  return text === undefined ? null : decodeURIComponent(text);
}

function sqlitePath(rest: string): Reading<Address> {
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (path === '' || path === ':memory:' || /\?\w+=/.test(path)) {
    return { expected: 'sqlite: and the path of a file', cure: 'Write sqlite:shop.db or sqlite:///var/lib/shop.db, without parameters.' };
  }
  return { value: { kind: 'sqlite', url: path, user: null, password: null, encodedPassword: null, tls: null } };
}

/** sslmode of libpq and of the MySQL clients, in lower case without dashes and underscores. */
const modes: Readonly<Record<string, { readonly on: boolean; readonly verify: boolean }>> = {
  disable: { on: false, verify: false },
  disabled: { on: false, verify: false },
  false: { on: false, verify: false },
  0: { on: false, verify: false },
  // As libpq means it: encrypted, whoever answers.
  require: { on: true, verify: false },
  required: { on: true, verify: false },
  noverify: { on: true, verify: false },
  true: { on: true, verify: true },
  1: { on: true, verify: true },
  verifyca: { on: true, verify: true },
  verifyfull: { on: true, verify: true },
  verifyidentity: { on: true, verify: true },
};
const modeNames = ['sslmode', 'ssl-mode', 'ssl_mode', 'ssl', 'tls'];
const pathNames: Readonly<Record<string, 'ca' | 'cert' | 'key'>> = {
  sslrootcert: 'ca',
  sslcert: 'cert',
  sslkey: 'key',
  'ssl-ca': 'ca',
  'ssl-cert': 'cert',
  'ssl-key': 'key',
};

/** Parameters that the drivers get: a socket's folder or path, and start-up options. */
const kept: Readonly<Record<'postgres' | 'mysql', readonly string[]>> = { postgres: ['host', 'options'], mysql: ['socketPath'] };

interface Parameters {
  readonly tls: UrlTls | null;
  /** `?host=…` with those that stay in the URL, or nothing. */
  readonly kept: string;
}

function readMode(name: string, value: string): Reading<(typeof modes)[string]> {
  const word = value.toLowerCase().replace(/[-_]/g, '');
  const mode = Object.hasOwn(modes, word) ? modes[word] : undefined;
  if (mode !== undefined) return { value: mode };
  return {
    expected: `a URL whose ${name} is disable, require or verify-full`,
    cure: `Write ${name}=disable, require or verify-full, or use the key \`tls:\`.`,
  };
}

function readParameters(kind: 'postgres' | 'mysql', query: string): Reading<Parameters> {
  let mode: (typeof modes)[string] | undefined;
  const paths: { ca: string | null; cert: string | null; key: string | null } = { ca: null, cert: null, key: null };
  const stay = new URLSearchParams();
  for (const [rawName, value] of new URLSearchParams(query)) {
    const name = rawName.toLowerCase();
    const file = Object.hasOwn(pathNames, name) ? pathNames[name] : undefined;
    if (file !== undefined) {
      paths[file] = value;
    } else if (kept[kind].includes(rawName)) {
      stay.append(rawName, value);
    } else if (modeNames.includes(name)) {
      const read = readMode(name, value);
      if (!('value' in read)) return read;
      mode = read.value;
    } else {
      return {
        expected: 'a URL without other parameters than those of TLS and sockets',
        cure: `Of what stands after ?, keep only ${kept[kind].join(', ')}, sslmode, sslrootcert, sslcert, sslkey (MySQL: ssl-mode, ssl-ca, ssl-cert, ssl-key); settings go under \`session:\`.`,
      };
    }
  }
  const rest = stay.size === 0 ? '' : `?${stay.toString()}`;
  const named = paths.ca !== null || paths.cert !== null || paths.key !== null;
  if (mode === undefined && !named) return { value: { tls: null, kept: rest } };
  const { on, verify } = mode ?? { on: true, verify: true };
  // A named authority is there to be checked against.
  return { value: { tls: { ...paths, on, verify: on && (verify || paths.ca !== null) }, kept: rest } };
}

const hostForm = /^(\[[0-9a-f:.]+\]|[^\s:,[\]]+)(?::(\d{1,5}))?$/i;

function isHost(host: string, parameters: string): boolean {
  // A socket needs no host.
  if (host === '') return /[?&](host|socketPath)=/.test(parameters);
  const match = hostForm.exec(host);
  return match !== null && Number(match[2] ?? 1) <= 65_535;
}

function serverUrl(kind: 'postgres' | 'mysql', rest: string): Reading<Address> {
  // An @ behind the first / ? # tells that one of them belongs to the password.
  if (/[/?#][^@]*@/.test(rest) || /[\s#]/.test(rest)) return unencoded;
  const [, login, host = '', path = '', query = ''] = /^(?:(.*)@)?([^/?@]*)(\/[^?]*)?(?:\?(.*))?$/.exec(rest) ?? [];
  const parameters = readParameters(kind, query);
  if (!('value' in parameters)) return parameters;
  const { tls, kept: stay } = parameters.value;
  if (!isHost(host, stay)) {
    return {
      expected: `one host, with a port if need be, in ${kind}://user@host:port/database`,
      cure: `Write one name or address. ${unencoded.cure ?? ''}`,
    };
  }
  if (!/^\/[^/]+$/.test(path)) {
    return {
      expected: `the name of a database, ${kind}://user@host/database`,
      cure: 'Add a slash and the name of the database behind the host.',
    };
  }
  const [, user, encodedPassword] = /^([^:]*)(?::(.*))?$/.exec(login ?? '') ?? [];
  try {
    decodeURIComponent(path);
    const plainUser = decode(user);
    return {
      value: {
        kind,
        url: `${kind}://${host}${path}${stay}`,
        user: plainUser === '' ? null : plainUser,
        password: decode(encodedPassword),
        encodedPassword: encodedPassword ?? null,
        tls,
      },
    };
  } catch {
    return unencoded;
  }
}

/** `postgres://me:secret@db/shop?sslmode=require` → its parts. What it says of a wrong URL holds nothing of it. */
export function readDatabaseUrl(text: string): Reading<Address> {
  const trimmed = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(trimmed)?.[1]?.toLowerCase() ?? '';
  if (scheme === 'sqlite') return sqlitePath(trimmed.slice('sqlite:'.length));
  const kind = Object.hasOwn(kinds, scheme) ? kinds[scheme] : undefined;
  if (kind === undefined) return { expected: forms, cure: `Write ${forms}.` };
  const rest = trimmed.slice(scheme.length + 1);
  if (!rest.startsWith('//')) return { expected: `${kind}:// with two slashes`, cure: `Write ${forms}.` };
  return serverUrl(kind, rest.slice(2));
}
