/** `postgres://me:secret@db/shop?password=x` → `postgres://me:***@db/shop?password=***`; any text without a URL is returned as it is. */
export function redactUrl(text: string): string {
  return (
    text
      // Bounded: in a text of a million letters, each of them could begin a scheme. Up to the last @ before the next URL: an unencoded password may itself hold @ and /.
      .replace(/([a-z][a-z0-9+.-]{0,40}:\/\/[^\s:/@]*):(?:(?!:\/\/)\S)*@/gi, '$1:***@')
      .replace(/([?&](?:password|passwd|pwd|token|secret|sslkey|sslpassword)=)[^&\s]*/gi, '$1***')
  );
}

/** Replaces every occurrence of each secret in a text; secrets of fewer than 3 characters cannot be told from words. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  // The longest first: one that begins with another would otherwise leave its rest behind.
  const ordered = secrets.filter((secret) => secret.length >= 3).sort((a, b) => b.length - a.length);
  return ordered.reduce((clean, secret) => clean.replaceAll(secret, '***'), redactUrl(text));
}
