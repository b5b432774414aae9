import { describe, expect, it } from 'vitest';
import { redactSecrets, redactUrl } from '../../src/kit/redact.ts';

describe('redaction of URLs', () => {
  it.each([
    ['postgres://me:secret@db/shop', 'postgres://me:***@db/shop'],
    ['cannot reach mysql://me:s3cr3t@db:3306/shop today', 'cannot reach mysql://me:***@db:3306/shop today'],
    ['postgres://me:p@ss@db/shop', 'postgres://me:***@db/shop'],
    ['postgres://me:pa/ss@db/shop', 'postgres://me:***@db/shop'],
    ['postgres://:secret@db/shop', 'postgres://:***@db/shop'],
    ['a://u:one@h,b://v:two@h', 'a://u:***@h,b://v:***@h'],
    ['POSTGRES://me:secret@db', 'POSTGRES://me:***@db'],
    ['postgres://db/shop?user=me&password=secret&sslmode=require', 'postgres://db/shop?user=me&password=***&sslmode=require'],
    ['kafka://b:9092?token=abc', 'kafka://b:9092?token=***'],
  ])('%s', (text, clean) => {
    expect(redactUrl(text)).toBe(clean);
  });

  it.each(['', 'no URL here: a@b', 'postgres://db:5432/shop', 'postgres://me@db/shop', 'sqlite:shop.db', '12:30:00 job "a": ok'])(
    'leaves %j as it is',
    (text) => {
      expect(redactUrl(text)).toBe(text);
    },
  );
});

describe('redaction of secrets', () => {
  it('hides every occurrence, in and out of URLs', () => {
    expect(redactSecrets('hunter2 and hunter2; postgres://me:other@db', ['hunter2'])).toBe('*** and ***; postgres://me:***@db');
  });

  it('hides the whole of a secret that begins with another', () => {
    expect(redactSecrets('key abcdef', ['abc', 'abcdef'])).toBe('key ***');
  });

  it('leaves alone what is too short to be told from words', () => {
    expect(redactSecrets('a job', ['a', 'jo', ''])).toBe('a job');
  });

  it('takes a secret as text, not as a pattern', () => {
    expect(redactSecrets('p.ss pass $& ', ['p.ss', '$&$'])).toBe('*** pass $& ');
  });
});

it('takes no longer than a text is long, whatever it holds', () => {
  const text = 'w'.repeat(3_000_000);
  expect(redactUrl(`${text} postgres://me:secret@db`)).toBe(`${text} postgres://me:***@db`);
});
