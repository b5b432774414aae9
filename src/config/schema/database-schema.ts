import type { z } from 'zod';
import { readDatabaseUrl } from '../database-url.ts';
import { sourceDefaults, stateDefaults } from '../defaults.ts';
import { anyText, integer, key, mapping, oneOrMany, reading, required, text, union } from './forms.ts';
import { duration, timezone } from './time-forms.ts';
import { tlsSchema } from './tls-schema.ts';

const urlForms = 'postgres://user@host/database, mysql://user@host/database, mariadb://… or sqlite:FILE';

const databaseUrl = reading(urlForms, readDatabaseUrl, {
  pattern: '^(postgres|postgresql|mysql|mariadb)://|^sqlite:',
});

const login = {
  url: required(databaseUrl, {
    description: 'The database, as in the short form. User and password in it are percent-encoded.',
    examples: ['postgres://db.internal/shop', 'mysql://db.internal:3306/shop', 'sqlite:shop.db'],
  }),
  user: key(text('a user name'), {
    description: 'User name, instead of the one in the URL; not encoded.',
    default: "<the URL's>",
    examples: ['liberate'],
  }),
  password: key(anyText('a text'), {
    description: 'Password, instead of the one in the URL; not encoded. Keep it out of the file: `${NAME}` or `${file:PATH}`.',
    default: "<the URL's>",
    examples: ['${SHOP_PASSWORD}', '${file:/run/secrets/shop}'],
  }),
  tls: key(tlsSchema, {
    description: "Encrypt the connection: `true` checks the server against the system's authorities; a mapping says more.",
    default: "<the URL's sslmode, else false>",
    examples: [true, { ca: 'ca.pem' }],
  }),
};

const sourceMapping = mapping(
  {
    ...login,
    pool: key(integer(1, 100), {
      description: 'Most connections, which also bounds the jobs of this source that run at once.',
      default: sourceDefaults.pool,
      examples: [2],
    }),
    timezone: key(timezone(), {
      description: 'IANA zone that stamps without a zone are in.',
      default: "<the server's>",
      examples: ['Europe/Berlin'],
    }),
    statementTimeout: key(duration(), {
      description: 'Longest that one statement may take on the server.',
      default: sourceDefaults.statementTimeout,
      examples: ['30s'],
    }),
    session: key(oneOrMany('a SET statement'), {
      description: 'Statements run on each new connection.',
      default: '<none>',
      examples: [["SET work_mem = '64MB'"]],
    }),
  },
  'a mapping with url, user, password, tls, pool, timezone, statementTimeout, session',
);

export const sourceSchema = union([databaseUrl, sourceMapping], `${urlForms}, or a mapping with url`);
export type SourceData = z.core.output<typeof sourceSchema>;

const stateMapping = mapping(
  {
    ...login,
    lease: key(duration(), {
      description: 'How long a runner that vanished keeps its jobs from the others. It is renewed three times in this time.',
      default: stateDefaults.lease,
      examples: ['1m'],
    }),
  },
  'a mapping with url, user, password, tls, lease',
);
const stateForms = 'sqlite:FILE, postgres://user@host/database, mysql://user@host/database, or a mapping with url';

export const stateSchema = union([databaseUrl, stateMapping], stateForms);
export type StateData = z.core.output<typeof stateSchema>;
