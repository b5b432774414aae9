import type { KafkaSinkConfig } from '../../../src/sink/sink-config.ts';
import { freePort } from '../../support/free-port.ts';
import { type FaultyProxy, startProxy } from '../../support/proxy.ts';
import { kafkaConfig } from './place.ts';
import { startRelay } from './relay.ts';

export interface Network extends AsyncDisposable {
  readonly proxy: FaultyProxy;
  /** Of a sink that takes this way. */
  config(more?: Partial<KafkaSinkConfig>): KafkaSinkConfig;
}

/** A way to the broker that all of a client's connections take, and that can fail. */
export async function networkTo(brokers: readonly string[], common: Partial<KafkaSinkConfig>): Promise<Network> {
  const port = await freePort();
  const relay = await startRelay(Number(brokers[0]?.split(':')[1]), port);
  const proxy = await startProxy({ port: relay.port }, { port });
  return {
    proxy,
    config: (more = {}) => kafkaConfig([`127.0.0.1:${port}`], { ...common, ...more }),
    [Symbol.asyncDispose]: async () => {
      await proxy.close();
      await relay[Symbol.asyncDispose]();
    },
  };
}
