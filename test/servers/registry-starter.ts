import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startApicurio } from './apicurio.ts';
import type { RegistryFacts } from './facts.ts';

/** Starts a registry when it is first asked for one: most runs need none. */
export async function registryStarter(
  { LIBERATE_TEST_REGISTRY_URL: given }: NodeJS.ProcessEnv,
  directory: string,
): Promise<AsyncDisposable & { readonly facts: RegistryFacts }> {
  let starting: ReturnType<typeof startApicurio> | null = null;
  const urlOf = async (): Promise<string> => {
    if (given) return given;
    starting ??= startApicurio(directory);
    return (await starting).facts.url;
  };
  const server = createServer((_, response) => {
    urlOf().then(
      (url) => response.end(url),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    facts: { starter: `http://127.0.0.1:${port}` },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await starting?.then(
        (running) => running[Symbol.asyncDispose](),
        () => undefined,
      );
    },
  };
}
