import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../../src/kit/errors.ts';
import { sortError } from '../../../src/source/postgres/errors.ts';

const native = (code: string | undefined, message = 'the words', more: object = {}): Error =>
  Object.assign(new Error(message), { code }, more);

describe('sortError', () => {
  const codes: readonly (readonly [string, 'connecting' | 'connected', string])[] = [
    ['ECONNREFUSED', 'connecting', 'LIB201'],
    ['ENOTFOUND', 'connecting', 'LIB201'],
    ['ETIMEDOUT', 'connected', 'LIB201'],
    ['57P03', 'connecting', 'LIB201'],
    ['53300', 'connecting', 'LIB201'],
    ['53100', 'connected', 'LIB210'],
    ['53400', 'connected', 'LIB210'],
    ['28P01', 'connecting', 'LIB202'],
    ['28000', 'connecting', 'LIB202'],
    ['3D000', 'connecting', 'LIB202'],
    ['42P01', 'connected', 'LIB203'],
    ['3F000', 'connected', 'LIB203'],
    ['42703', 'connected', 'LIB204'],
    ['42501', 'connected', 'LIB213'],
    ['57014', 'connected', 'LIB209'],
    ['40001', 'connected', 'LIB209'],
    ['08006', 'connected', 'LIB210'],
    ['08006', 'connecting', 'LIB201'],
    ['57P01', 'connected', 'LIB210'],
    ['ECONNRESET', 'connected', 'LIB210'],
    ['EPIPE', 'connected', 'LIB210'],
    ['42601', 'connected', 'LIB207'],
    ['42883', 'connected', 'LIB207'],
    ['22012', 'connected', 'LIB207'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'connecting', 'LIB201'],
  ];
  it.each(codes)('sorts %s while %s as %s', (code, phase, expected) => {
    expect(sortError(native(code), phase, []).code).toBe(expected);
  });

  it('takes a failure without a code for a lost connection, or for one that never stood', () => {
    expect(sortError(native(undefined, 'Connection terminated unexpectedly'), 'connected', []).code).toBe('LIB210');
    expect(sortError(native(undefined, 'timeout expired'), 'connecting', []).code).toBe('LIB201');
  });

  it('keeps the words and the hint of the server, and no secret', () => {
    const error = sortError(native('42703', 'column "a" is not hunter22', { hint: 'Perhaps b.' }), 'connected', ['hunter22']);
    expect(error.message).toBe('column "a" is not *** (Perhaps b.)');
  });

  it('tells the addresses of a name that has several', () => {
    const both = Object.assign(
      new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('connect ECONNREFUSED 127.0.0.1:5432')]),
      { code: 'ECONNREFUSED' },
    );
    expect(sortError(both, 'connecting', []).message).toContain('127.0.0.1:5432');
  });

  it('leaves what is sorted already', () => {
    const sorted = new LiberateError('LIB212', 'twice');
    expect(sortError(sorted, 'connected', [])).toBe(sorted);
  });
});
