import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { StdoutSinkConfig } from '../../src/sink/sink-config.ts';
import { openStdout } from '../../src/sink/stdout/stdout.ts';
import { sinkContract } from '../contract/sink.ts';
import { batchOf } from './batch.ts';
import { linesOf, members, seenLine } from './lines.ts';

const config: StdoutSinkConfig = { kind: 'stdout', name: 'out' };
const never = new AbortController().signal;
const event = (value: string) => ({ key: Buffer.from('{"id":1}'), value: Buffer.from(value), timestamp: '1763725512345', headers: {} });

sinkContract({
  kind: 'stdout',
  async create() {
    let topics = 0;
    const chunks: Buffer[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        // A copy on the next turn, as a pipe does it: a buffer used again too early would show.
        setImmediate(() => {
          chunks.push(Buffer.from(chunk));
          done();
        });
      },
    });
    return {
      open: async () => openStdout(config, stream),
      topic: () => `topic-${(topics += 1)}`,
      read: async (topic) =>
        linesOf(Buffer.concat(chunks).toString())
          .filter((line) => JSON.parse(line).topic === topic)
          .map(seenLine),
      async [Symbol.asyncDispose]() {
        stream.destroy();
      },
    };
  },
});

describe('stdout', () => {
  it('names the topic first on each line', async () => {
    const stream = new PassThrough();
    await using sink = openStdout(config, stream);
    await sink.send('shop "a"', batchOf([event('{"n":9223372036854775807}')]), never);
    expect(members(linesOf(String(stream.read()))[0] as string)).toEqual([
      ['topic', '"shop \\"a\\""'],
      ['key', '{"id":1}'],
      ['value', '{"n":9223372036854775807}'],
      ['timestamp', '"2025-11-21T11:45:12.345Z"'],
      ['headers', '{}'],
    ]);
  });

  it('holds at most one batch while the reader stands still', async () => {
    const taken: string[] = [];
    let release = (): void => {};
    const stream = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        taken.push(chunk.toString());
        release = done;
      },
    });
    await using sink = openStdout(config, stream);
    let acknowledged = 0;
    const sends = ['1', '2', '3'].map((value) => sink.send('t', batchOf([event(value)]), never).then(() => (acknowledged += 1)));
    for (const batch of [1, 2, 3]) {
      // What the stream holds beyond the batch it was given would count here.
      while (taken.length < batch) await new Promise(setImmediate);
      expect([taken.length, stream.writableLength, acknowledged]).toEqual([
        batch,
        Buffer.byteLength(taken[batch - 1] as string),
        batch - 1,
      ]);
      release();
      await sends[batch - 1];
    }
  });

  it('gives up a batch that nobody takes when the signal aborts, and leaves its bytes alone', async () => {
    const taken: Buffer[] = [];
    let release = (): void => {};
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken.push(chunk);
        release = done;
      },
    });
    await using sink = openStdout(config, stream);
    const stop = new AbortController();
    const first = sink.send('t', batchOf([event('"first"')]), stop.signal);
    while (taken.length === 0) await new Promise(setImmediate);
    stop.abort(new Error('stopped by the test'));
    await expect(first).rejects.toThrow('stopped by the test');
    const second = sink.send('t', batchOf([event('"second"')]), never);
    release();
    while (taken.length < 2) await new Promise(setImmediate);
    release();
    await second;
    expect(taken.map((chunk) => JSON.parse(chunk.toString()).value)).toEqual(['first', 'second']);
  });

  it('ends in LIB311 when its reader goes away, at once and ever after', async () => {
    const reader = spawn('head', ['-n', '1'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const gone = once(reader, 'exit');
    await using sink = openStdout(config, reader.stdin);
    await sink.send('t', batchOf([event('1')]), never);
    await gone;
    const failing = (async () => {
      for (;;) await sink.send('t', batchOf([event('2')]), never);
    })();
    await expect(failing).rejects.toMatchObject({ code: 'LIB311', message: expect.stringContaining('its reader has gone away') });
    await expect(sink.send('t', batchOf([event('3')]), never)).rejects.toMatchObject({ code: 'LIB311' });
  });
});
