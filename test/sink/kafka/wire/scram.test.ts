import { expect, it } from 'vitest';
import { scramFinal, scramFirst } from '../../../../src/sink/kafka/wire/scram.ts';

/** The exchange of RFC 7677, section 3. */
const login = { hash: 'sha256', username: 'user', password: 'pencil', nonce: 'rOprNGfwEbeRWgbNEkqO' } as const;
const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';

it('says what RFC 7677 says, and believes only the right proof', async () => {
  expect(scramFirst(login).toString()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  const { message, verify } = await scramFinal(login, Buffer.from(serverFirst));
  expect(message.toString()).toBe(
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  );
  verify(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='));
  const wrong = expect.objectContaining({ type: 'SASL_AUTHENTICATION_FAILED' });
  for (const proof of ['v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', 'v=', '', 'e=other-error']) {
    expect(() => verify(Buffer.from(proof))).toThrow(wrong);
  }
});

it.each([
  ['a nonce that is not ours', 'r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'],
  ['our nonce sent back', 'r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'],
  ['too few iterations', 'r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1'],
  ['no salt', 'r=rOprNGfwEbeRWgbNEkqOx,i=4096'],
  ['nothing', ''],
])('refuses a broker that answers with %s', async (_, first) => {
  await expect(scramFinal(login, Buffer.from(first))).rejects.toMatchObject({ type: 'SASL_AUTHENTICATION_FAILED' });
});

it('writes a comma and an equals sign of a user name as the RFC does', () => {
  expect(scramFirst({ ...login, username: 'a=b,c' }).toString()).toBe('n,,n=a=3Db=2Cc,r=rOprNGfwEbeRWgbNEkqO');
});
