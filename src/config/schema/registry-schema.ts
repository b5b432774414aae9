import type { z } from 'zod';
import { registryDefaults } from '../defaults.ts';
import { readRegistryUrl, registryForms } from '../registry-url.ts';
import { anyText, choice, flag, key, mapping, reading, required, text, union } from './forms.ts';
import { duration } from './time-forms.ts';
import { tlsSchema } from './tls-schema.ts';

const address = reading(registryForms, readRegistryUrl, { pattern: '^https?://' });

const registryMapping = mapping(
  {
    url: required(address, {
      description: "Where its API begins; of Apicurio's that is `/apis/ccompat/v7`.",
      examples: ['https://registry.internal:8081', 'http://apicurio:8080/apis/ccompat/v7'],
    }),
    user: key(text('a user name'), { description: 'User name, or API key.', default: "<the URL's>", examples: ['liberate'] }),
    password: key(anyText(), {
      description: 'Password, or API secret. Keep it out of the file: `${NAME}` or `${file:PATH}`.',
      default: "<the URL's>",
      examples: ['${REGISTRY_PASSWORD}'],
    }),
    token: key(anyText(), {
      description: 'Bearer token, instead of user and password.',
      default: '<none>',
      examples: ['${REGISTRY_TOKEN}'],
    }),
    tls: key(tlsSchema, {
      description: 'More of TLS, where the URL is https: an authority, or a certificate of our own.',
      default: "<the system's authorities>",
      examples: [{ ca: 'ca.pem' }],
    }),
    register: key(flag(), {
      description:
        'Register what the registry does not have yet. `false`: somebody else does, and a schema that is not there stops its job.',
      default: registryDefaults.register,
      examples: [false],
    }),
    subjects: key(choice(['topic', 'record', 'topic-record']), {
      description:
        "Under which name a schema is kept: `topic`, `<topic>-key` and `<topic>-value`; `record`, the record's full name; `topic-record`, both.",
      default: registryDefaults.subjects,
      examples: ['topic-record'],
    }),
    deadline: key(duration(), {
      description: 'Longest that one answer may take, with the tries that it needs.',
      default: registryDefaults.deadline,
      examples: ['1m'],
    }),
  },
  'a mapping with url, user, password, token, tls, register, subjects, deadline',
);

export const registrySchema = union([address, registryMapping], `${registryForms}, or a mapping with url`);
export type RegistryData = z.core.output<typeof registrySchema>;
