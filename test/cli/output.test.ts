import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { liberate } from '../support/liberate.ts';
import { openPlace, orders, type Place, smallShop } from './place.ts';
import { hasTerminal, inTerminal } from './terminal.ts';

const startOfColour = '\u001b[';

let place: Place;
beforeAll(async () => {
  place = await openPlace(smallShop);
});
afterAll(() => place[Symbol.asyncDispose]());

describe('colours', () => {
  test.skipIf(!hasTerminal)('are for terminals, unless NO_COLOR says otherwise', async () => {
    const file = place.jobs({ orders });
    expect((await inTerminal(['validate', file])).screen).toContain(`${startOfColour}32mok`);
    expect((await inTerminal(['validate', file], { NO_COLOR: '1' })).screen).not.toContain(startOfColour);
    expect((await inTerminal(['run', file, '--once'])).screen).toMatch(/\d\d:\d\d:\d\d .*info.* orders: 4 rows in /);
  });

  test('are not for files and pipes, unless FORCE_COLOR says otherwise', async () => {
    const file = place.jobs({ orders });
    expect((await liberate(['validate', file], { env: { NO_COLOR: '' } })).stdout).not.toContain(startOfColour);
    expect((await liberate(['validate', file], { env: { NO_COLOR: '', FORCE_COLOR: '1' } })).stdout).toContain(`${startOfColour}32mok`);
  });
});

describe('a secret is in no output', () => {
  const password = 'Tr0ub4dor&3/x@y';
  const env = { SHOP_PASSWORD: password, LIBERATE_USER: 'me' };

  test('of any command, whichever of source, sink and state refuses', async () => {
    const port = await freePort();
    const server = { url: `postgres://127.0.0.1:${port}/shop`, user: '${LIBERATE_USER}', password: '${SHOP_PASSWORD}' };
    const kafka = { brokers: `127.0.0.1:${port}`, sasl: { mechanism: 'scram-sha-512', username: 'me', password: '${SHOP_PASSWORD}' } };
    const jobs = { orders: { ...orders, retries: 0 } };
    const files = {
      source: place.jobs(jobs, { source: server }),
      sink: place.jobs(jobs, { sink: kafka }),
      state: place.jobs(jobs, { state: server }),
    };
    for (const [file, ...command] of [
      [files.source, 'run', '--once', '--log-level', 'debug'],
      [files.source, 'preview'],
      [files.source, 'validate', '--json'],
      [files.sink, 'run', '--once', '--log-level', 'debug'],
      [files.sink, 'validate'],
      [files.state, 'status', '--json'],
      [files.state, 'state', 'export'],
      [files.state, 'run'],
    ] as const) {
      const at = command[0] === 'state' ? 2 : 1;
      const { code, stdout, stderr } = await liberate([...command.slice(0, at), file, ...command.slice(at)], { env });
      expect([command, code]).toEqual([command, 3]);
      for (const part of [password, encodeURIComponent(password), 'Tr0ub4dor']) expect(stdout + stderr).not.toContain(part);
      expect(stdout + stderr).toMatch(/LIB[234]01/);
    }
  });

  test('of a statement that the source refuses', async () => {
    const file = place.jobs(
      { orders: { ...orders, where: '${SHOP_PASSWORD}' } },
      { source: { url: 'sqlite:shop.db', password: '${SHOP_PASSWORD}' } },
    );
    for (const command of ['preview', 'validate', 'run']) {
      const { code, stdout, stderr } = await liberate([command, file, ...(command === 'run' ? ['--once'] : [])], {
        env: { SHOP_PASSWORD: 'tops3cret_column' },
      });
      expect(code).toBeGreaterThan(0);
      expect(stdout + stderr).not.toContain('tops3cret');
    }
  });

  test('of the saved progress', async () => {
    const file = place.jobs({ orders }, { source: 'sqlite:shop.db', state: { url: 'sqlite:kept.state.db', password: '${SHOP_PASSWORD}' } });
    await liberate(['run', file, '--once'], { env });
    for (const command of [
      ['status', file, '--json'],
      ['state', 'export', file],
      ['state', 'show', file, '--json'],
    ]) {
      expect((await liberate(command, { env })).stdout).not.toContain(password);
    }
  });
});
