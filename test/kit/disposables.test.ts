import { describe, expect, it } from 'vitest';
import { Disposables } from '../../src/kit/disposables.ts';

describe('disposables', () => {
  const recorder = (order: string[]) => (name: string, error?: Error) => ({
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await Promise.resolve();
      order.push(name);
      if (error) throw error;
    },
  });

  it('are released one after the other, the last first', async () => {
    const order: string[] = [];
    const opened = recorder(order);
    {
      await using stack = new Disposables();
      const source = opened('source');
      expect(stack.use(source)).toBe(source);
      stack.defer(async () => {
        order.push('deferred');
      });
      stack.use(opened('sink'));
    }
    expect(order).toEqual(['sink', 'deferred', 'source']);
  });

  it('are all released when some fail; the first failure is the one that is told', async () => {
    const order: string[] = [];
    const opened = recorder(order);
    const stack = new Disposables();
    stack.use(opened('first', new Error('told last')));
    stack.use({
      [Symbol.asyncDispose]: () => {
        throw new Error('at once');
      },
    });
    stack.use(opened('third'));
    await expect(stack[Symbol.asyncDispose]()).rejects.toThrow('at once');
    expect(order).toEqual(['third', 'first']);
  });

  it('are released once', async () => {
    const order: string[] = [];
    const stack = new Disposables();
    stack.use(recorder(order)('only'));
    await stack[Symbol.asyncDispose]();
    await stack[Symbol.asyncDispose]();
    expect(order).toEqual(['only']);
  });

  it('keep a failure that is no value at all', async () => {
    const stack = new Disposables();
    stack.defer(() => Promise.reject(undefined));
    await expect(stack[Symbol.asyncDispose]()).rejects.toBeUndefined();
  });
});
