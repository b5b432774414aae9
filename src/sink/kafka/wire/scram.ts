import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { BrokerFault } from './faults.ts';

const derive = promisify(pbkdf2);

/** The code of a failed login: it fails on our side, because whoever answers is not the one that was meant. */
const refused = (words: string): BrokerFault => new BrokerFault(58, words);

/** RFC 5802 without channel binding. */
const header = 'n,,';
const leastIterations = 4096;

export interface ScramLogin {
  readonly hash: 'sha256' | 'sha512';
  readonly username: string;
  readonly password: string;
  /** Printable text that was never used before. */
  readonly nonce: string;
}

/** The server proved that it knows the password, or not. */
export interface ScramProof {
  readonly message: Buffer;
  /** BrokerFault when the server's last message does not prove it. */
  verify(last: Buffer): void;
}

const firstBare = ({ username, nonce }: ScramLogin): string => `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;

export const scramFirst = (login: ScramLogin): Buffer => Buffer.from(`${header}${firstBare(login)}`);

/** `first`: the server's first message, with its nonce, the salt and how often to hash. */
export async function scramFinal(login: ScramLogin, first: Buffer): Promise<ScramProof> {
  const { hash, password, nonce } = login;
  const fields = fieldsOf(first);
  const theirs = fields.get('r') ?? '';
  const salt = Buffer.from(fields.get('s') ?? '', 'base64');
  const iterations = Number(fields.get('i'));
  if (!theirs.startsWith(nonce) || theirs.length === nonce.length) throw refused('the nonce of the broker does not go on from ours');
  if (salt.length === 0 || !Number.isSafeInteger(iterations) || iterations < leastIterations) {
    throw refused(`the broker asks for ${fields.get('i')} iterations, at least ${leastIterations} are due`);
  }
  const length = hash === 'sha256' ? 32 : 64;
  const salted = await derive(password, salt, iterations, length, hash);
  const sign = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
  const clientKey = sign(salted, 'Client Key');
  const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${theirs}`;
  const auth = `${firstBare(login)},${first.toString()},${withoutProof}`;
  const signature = sign(createHash(hash).update(clientKey).digest(), auth);
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] as number)));
  const expected = sign(sign(salted, 'Server Key'), auth);
  return {
    message: Buffer.from(`${withoutProof},p=${proof.toString('base64')}`),
    verify(last) {
      const given = Buffer.from(fieldsOf(last).get('v') ?? '', 'base64');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw refused('the broker has not proven that it knows the password');
      }
    },
  };
}

const fieldsOf = (message: Buffer): ReadonlyMap<string, string> =>
  new Map(
    message
      .toString()
      .split(',')
      .map((field) => [field.slice(0, 1), field.slice(2)] as const),
  );
