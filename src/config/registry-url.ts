import type { Reading } from './schema/forms.ts';

/** A registry's URL taken apart. */
export interface RegistryAddress {
  /** Without login, and without a slash at its end. */
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  /** As the URL has it, percent-encoded. */
  readonly encodedPassword: string | null;
}

export const registryForms = 'http://host:8081 or https://host, with a path where the registry has one';

export function readRegistryUrl(text: string): Reading<RegistryAddress> {
  const trimmed = text.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') return {};
  if (url.search !== '' || url.hash !== '') return { expected: `${registryForms}, without parameters`, cure: 'Take ? and # out of it.' };
  const { username, password } = url;
  const decoded = (part: string): string | null => (part === '' ? null : decodeOrNull(part));
  const [user, secret] = [decoded(username), decoded(password)];
  if ((user === null) !== (username === '') || (secret === null) !== (password === '')) {
    return {
      expected: 'a URL whose user and password have % percent-encoded',
      cure: 'Write %25 for %, or use the keys user and password.',
    };
  }
  return {
    value: {
      url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
      user,
      password: secret,
      encodedPassword: password === '' ? null : password,
    },
  };
}

function decodeOrNull(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
