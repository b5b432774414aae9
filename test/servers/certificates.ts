import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Key, certificate and CA in one file, as Kafka wants them. */
  readonly bundleFile: string;
}

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A CA of its own, and a certificate for localhost and 127.0.0.1 that it signed. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  await mkdir(directory, { recursive: true });
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: readonly string[]): Promise<unknown> => run('openssl', args);
  await openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '3650',
    '-subj',
    '/CN=liberate test CA',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  );
  await openssl('req', ...key, '-subj', '/CN=localhost', '-keyout', file('server.key'), '-out', file('server.csr'));
  await writeFile(file('names.txt'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  await openssl(
    'x509',
    '-req',
    '-in',
    file('server.csr'),
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-days',
    '3650',
    '-extfile',
    file('names.txt'),
    '-out',
    file('server.pem'),
  );
  const parts = await Promise.all(['server.key', 'server.pem', 'ca.pem'].map((name) => readFile(file(name), 'utf8')));
  await writeFile(file('bundle.pem'), parts.join(''), { mode: 0o600 });
  return {
    caFile: file('ca.pem'),
    certFile: file('server.pem'),
    keyFile: file('server.key'),
    bundleFile: file('bundle.pem'),
  };
}
