import { describe, expect, it } from 'vitest';
import { SessionAges } from '../../../src/source/postgres/session-ages.ts';

const look = (began: number, unnamed: readonly string[], eldest: number | null = null) => ({
  now: BigInt(began + 1),
  began: BigInt(began),
  eldest: eldest === null ? null : BigInt(eldest),
  unnamed,
});

describe('the ages of sessions', () => {
  it('are what the server tells, or none where nobody is connected', () => {
    const ages = new SessionAges();
    expect(ages.eldest(look(100, [], 40))).toBe(40n);
    expect(ages.eldest(look(200, []))).toBe(201n);
  });

  it('count from the look that first met a session whose beginning is hidden, and from ever at the first look', () => {
    const ages = new SessionAges();
    expect(ages.eldest(look(100, ['7', '8'], 40))).toBe(0n);
    expect(ages.eldest(look(200, ['8', '9']))).toBe(0n);
    expect(ages.eldest(look(300, ['9']))).toBe(200n);
    expect(ages.eldest(look(400, ['9', '10'], 350))).toBe(200n);
    expect(ages.eldest(look(500, ['10']))).toBe(400n);
  });

  it('are no younger for an older look that ends later', () => {
    const ages = new SessionAges();
    ages.eldest(look(100, []));
    expect(ages.eldest(look(300, ['9']))).toBe(300n);
    ages.eldest(look(200, []));
    expect(ages.eldest(look(400, ['9']))).toBe(300n);
  });
});
