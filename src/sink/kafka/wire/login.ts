import { randomBytes } from 'node:crypto';
import type { Sasl } from '../../sink-config.ts';
import type { Versions } from './api-versions.ts';
import { ask, type Connection } from './connection.ts';
import { refuse } from './faults.ts';
import { scramFinal, scramFirst } from './scram.ts';
import { Writer } from './writer.ts';

/** Proves who we are. BrokerFault when the listener refuses it. */
export async function login(connection: Connection, versions: Versions, sasl: Sasl): Promise<void> {
  const mechanism = sasl.mechanism.toUpperCase();
  await ask(connection, versions('saslHandshake'), [new Writer().string(mechanism).done()], (reader) => {
    const error = reader.int16();
    const offered = reader.array((entry) => entry.string());
    refuse(error, error === 33 ? `the listener offers ${offered.join(', ')} and not ${mechanism}` : null);
  });
  const say = (message: Buffer): Promise<Buffer> =>
    ask(connection, versions('saslAuthenticate'), [new Writer().bytes(message).done()], (reader) => {
      const [error, words, answer] = [reader.int16(), reader.nullableString(), reader.bytes()];
      refuse(error, words);
      return answer;
    });
  const { username, password } = sasl;
  if (sasl.mechanism === 'plain') {
    await say(Buffer.from(`\0${username}\0${password}`));
    return;
  }
  const hash = sasl.mechanism === 'scram-sha-256' ? 'sha256' : 'sha512';
  const scram = { hash, username, password, nonce: randomBytes(18).toString('base64url') } as const;
  const proof = await scramFinal(scram, await say(scramFirst(scram)));
  proof.verify(await say(proof.message));
}
