import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';

/** The API of a real schema registry, started for the first test that asks. A test has subjects of its own. */
export function registryUrl(): Promise<string> {
  const { starter } = inject('servers').registry;
  // Not by fetch, which gives up where a download takes minutes.
  return new Promise((resolve, reject) => {
    get(starter, { agent: false }, (response) => {
      text(response).then((said) => (response.statusCode === 200 ? resolve(said) : reject(new Error(said))), reject);
    }).on('error', reject);
  });
}

/** What a test says to a registry by its own means. */
export async function tell(url: string, method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<unknown> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
