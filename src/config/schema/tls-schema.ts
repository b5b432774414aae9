import type { z } from 'zod';
import { flag, key, mapping, text, union } from './forms.ts';

const pem = 'the path of a PEM file, or PEM text';
const words = 'a mapping with ca, cert, key, servername, verify';

const tlsMapping = mapping(
  {
    ca: key(text(pem), {
      description: 'Authorities to trust: the path of a PEM file, or PEM text.',
      default: '<those of the system>',
      examples: ['ca.pem'],
    }),
    cert: key(text(pem), {
      description: 'Own certificate, together with `key`: the path of a PEM file, or PEM text.',
      default: '<none>',
      examples: ['client.pem'],
    }),
    key: key(text(pem), {
      description: 'Private key of `cert`: the path of a PEM file, or PEM text.',
      default: '<none>',
      examples: ['client-key.pem'],
    }),
    servername: key(text('a host name'), {
      description: "Name that the server's certificate must have.",
      default: '<the host>',
      examples: ['db.internal'],
    }),
    verify: key(flag(), {
      description: "Check the server's certificate. Without it anyone can pose as the server.",
      default: true,
      examples: [false],
    }),
  },
  words,
);

export const tlsSchema = union([flag(), tlsMapping], `true, false, or ${words}`);
export type TlsData = z.core.output<typeof tlsSchema>;
