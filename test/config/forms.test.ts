import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cronFault, isTimezone } from '../../src/config/cron.ts';
import { editDistance, suggest } from '../../src/config/suggest.ts';
import { topicFault } from '../../src/config/topic.ts';
import { parse, problemsOf, sound, withJob } from './support.ts';

describe('a duration', () => {
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

  test('of any parts comes out as their sum in milliseconds', () => {
    const parts = fc.record({ d: fc.nat(20), h: fc.nat(50), m: fc.nat(500), s: fc.nat(5000), ms: fc.nat(100_000) });
    fc.assert(
      fc.property(parts, (amounts) => {
        const written = Object.entries(amounts).filter(([, amount]) => amount > 0);
        fc.pre(written.length > 0);
        const ms = written.reduce((sum, [unit, amount]) => sum + amount * units[unit as keyof typeof units], 0);
        fc.pre(ms < 2 ** 31);
        const every = written.map(([unit, amount]) => `${amount}${unit}`).join('');
        expect(sound(withJob(`table: a\nevery: ${every}`)).jobs[0]?.cadence).toEqual({ kind: 'every', ms });
      }),
    );
  });

  test('of an interval may be two, the shorter first', () => {
    expect(sound(withJob('table: a\nevery: 200ms..1m30s')).jobs[0]?.cadence).toEqual({ kind: 'every', ms: 200, most: 90_000 });
    for (const every of ['10s..1s', '1s..', '..1s', '1s..2s..3s', '1s..2', '0s..1s']) {
      expect(problemsOf(withJob(`table: a\nevery: "${every}"`)), every).toMatchObject([{ code: 'LIB103' }]);
    }
  });

  test('without a unit is refused, as number and as text', () => {
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), (number, quoted) => {
        const [problem] = problemsOf(withJob(`table: a\nevery: ${quoted ? `"${number}"` : number}`));
        expect(problem).toMatchObject({ code: 'LIB103', cure: `Write the unit too: ${number}s for seconds.` });
      }),
    );
  });
});

test('any whole number that the cursor begins with is kept digit by digit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (number) => {
      const [job] = sound(withJob(`table: a\ncursor: c\ninitial: { from: ${number} }`)).jobs;
      expect(job?.initial).toEqual({ kind: 'from', value: String(number) });
    }),
  );
});

describe('cron and zones', () => {
  test.each(['* * * * *', '*/5 * * * *', '0 0 1 * MON-FRI', '30 0 0 * * *', '0 0 L * *', '0  12 * * *'])('%s is a schedule', (text) => {
    expect(cronFault(text)).toBeNull();
  });
  test.each(['', '* * * *', '* * * * * * *', '@daily', '60 * * * *', 'x * * * *', '*/0 * * * *', '0 0 31 2 *', 'h * * * *'])(
    '%s is none',
    (text) => {
      expect(cronFault(text)).not.toBeNull();
    },
  );
  test.each<[string, boolean]>([
    ['UTC', true],
    ['Europe/Berlin', true],
    ['America/Argentina/Buenos_Aires', true],
    ['Mars/Olympus', false],
    ['+02:00', false],
    ['', false],
  ])('zone %s: %s', (text, known) => {
    expect(isTimezone(text)).toBe(known);
  });
});

describe('the word that was meant', () => {
  const known = ['every', 'schedule', 'batch', 'retries', 'statementTimeout', 'key'];
  test.each<[string, string | null]>([
    ['evry', 'every'],
    ['evrey', 'every'],
    ['retires', 'retries'],
    ['statement_timeout', 'statementTimeout'],
    ['STATEMENTTIMEOUT', 'statementTimeout'],
    ['kye', 'key'],
    ['cow', null],
    ['schedule_at_noon', null],
    ['x'.repeat(10_000), null],
  ])('%s → %s', (word, meant) => {
    expect(suggest(word, known)).toBe(meant);
  });

  test('is as far from the other as the other is from it, and nothing from itself', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

test.each<[string, boolean]>([
  ['shop.customers', true],
  ['{source}.{schema}.{table}', true],
  ['{job}-v2', true],
  ['{}', false],
  ['{job', false],
  ['a/b', false],
  ['.', false],
  ['x'.repeat(249), true],
  ['x'.repeat(250), false],
])('topic %s: %s', (template, right) => {
  expect(topicFault(template) === null).toBe(right);
});

describe('http', () => {
  const file = (http: unknown): string => JSON.stringify({ source: 'sqlite:a.db', sink: 'stdout', http, jobs: { a: { table: 'a' } } });

  test.each([
    [9464, { host: '127.0.0.1', port: 9464 }],
    [':0', { host: '127.0.0.1', port: 0 }],
    ['0.0.0.0:9464', { host: '0.0.0.0', port: 9464 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
  ])('%j is an address; without a host nobody else reaches it', (written, expected) => {
    expect(parse(file(written))).toMatchObject({ ok: true, config: { http: expected } });
  });

  test.each(['http://127.0.0.1:9464', '127.0.0.1', '127.0.0.1:70000', '', true])('%j is none', (written) => {
    expect(parse(file(written))).toMatchObject({ ok: false, problems: [{ code: 'LIB103', path: 'http' }] });
  });
});
