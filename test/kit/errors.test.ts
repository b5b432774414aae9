import { describe, expect, it } from 'vitest';
import { asLiberateError, type ErrorCode, errorTable, formatError, LiberateError } from '../../src/kit/errors.ts';

describe('the error table', () => {
  const rows = Object.entries(errorTable);

  it.each(rows)('%s says what happened in lower case, and the cure in a sentence', (code, { title, cure }) => {
    expect(code).toMatch(/^LIB\d{3}$/);
    expect(title).toMatch(/^[a-z].*[^.]$/);
    expect(cure).toMatch(/^[A-Z`].*\.$/);
  });

  it('is in the order of its codes', () => {
    const codes = rows.map(([code]) => code);
    expect(codes).toEqual([...codes].sort());
  });

  it('has an exit code of 2 only for what trying again cannot help', () => {
    for (const [, { exit, retry }] of rows) if (exit === 2) expect(retry).toBe('permanent');
  });
});

describe('an error', () => {
  it('has its retry class, exit code and cure from the table', () => {
    const error = new LiberateError('LIB201', 'no answer from db:5432');
    expect(error).toMatchObject({
      name: 'LiberateError',
      code: 'LIB201',
      transient: true,
      exit: 3,
      cure: errorTable.LIB201.cure,
      place: {},
    });
    expect(new LiberateError('LIB202', 'x').transient).toBe(false);
  });

  it('keeps its cause, and has none where none is given', () => {
    const cause = new Error('ECONNREFUSED');
    expect(new LiberateError('LIB201', 'x', { cause }).cause).toBe(cause);
    expect('cause' in new LiberateError('LIB201', 'x')).toBe(false);
  });

  it('learns its place, and does not forget what it knew', () => {
    const cause = new Error('deep');
    const error = new LiberateError('LIB204', 'no such column', { place: { column: 'id' }, cure: 'Look.', cause });
    const placed = error.at({ job: 'orders', column: 'other' });
    expect(placed).toMatchObject({
      code: 'LIB204',
      message: 'no such column',
      cure: 'Look.',
      cause,
      place: { job: 'orders', column: 'id' },
    });
    expect(error.place).toEqual({ column: 'id' });
  });

  it.each<readonly [LiberateError, string]>([
    [new LiberateError('LIB203', 'table shop.orders does not exist', { cure: 'Look.' }), 'LIB203: table shop.orders does not exist. Look.'],
    [
      new LiberateError('LIB204', 'it is gone!', { place: { job: 'orders', column: 'id' }, cure: 'Look.' }),
      'LIB204 job "orders", column "id": it is gone! Look.',
    ],
    [new LiberateError('LIB103', 'is 5', { place: { at: 'jobs.yaml:4:12' }, cure: 'Use 6.' }), 'jobs.yaml:4:12: LIB103: is 5. Use 6.'],
  ])('is printed with place, code, message and cure: %s', (error, text) => {
    expect(formatError(error)).toBe(text);
  });

  it('that nobody sorted is a defect, with the thrown thing as its cause', () => {
    const thrown = new TypeError('x is not a function');
    expect(asLiberateError(thrown)).toMatchObject({ code: 'LIB901' satisfies ErrorCode, message: thrown.message, cause: thrown });
    expect(asLiberateError('text')).toMatchObject({ code: 'LIB901', message: 'text' });
    const ours = new LiberateError('LIB201', 'x');
    expect(asLiberateError(ours)).toBe(ours);
  });
});
