/**
 * From 21 on Node says what it is in `navigator`. Where it does not, pg makes a `Response` as it is loaded, to find out whether it runs at
 * Cloudflare: that loads all of Node's fetch, for 9 MB and 45 ms of each process that reads PostgreSQL.
 */
export function nameRuntime(): void {
  if ('navigator' in globalThis) return;
  const [major] = process.versions.node.split('.');
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: `Node.js/${major}` }, configurable: true, writable: true });
}
