import type { Environment } from './config.ts';
import type { Fill } from './jobs-file.ts';

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | null }
  | { readonly kind: 'file'; readonly path: string }
  /** `${` that begins neither. */
  | { readonly kind: 'malformed' };

const marks = /\$\$\{|\$\{([^}]*)\}|\$\{/g;

function pieceOf(inside: string): Piece {
  const file = /^file:\s*(\S.*?)\s*$/s.exec(inside)?.[1];
  if (file !== undefined) return { kind: 'file', path: file };
  const match = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside);
  if (match === null) return { kind: 'malformed' };
  return { kind: 'variable', name: match[1] as string, fallback: match[2] ?? null };
}

/** `a ${B} $${c}` → text, variable, text; `$${` stands for the two characters themselves. */
export function splitVariables(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(marks)) {
    pieces.push({ kind: 'text', text: text.slice(from, match.index) });
    if (match[0] === '$${') pieces.push({ kind: 'text', text: '${' });
    else pieces.push(match[1] === undefined ? { kind: 'malformed' } : pieceOf(match[1]));
    from = match.index + match[0].length;
  }
  pieces.push({ kind: 'text', text: text.slice(from) });
  return pieces.filter((piece) => piece.kind !== 'text' || piece.text !== '');
}

export type Fault =
  | { readonly kind: 'unset'; readonly name: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string }
  | { readonly kind: 'malformed' };

export interface Filled {
  /** null when any piece has a fault. */
  readonly text: string | null;
  readonly fills: readonly Fill[];
  readonly faults: readonly Fault[];
}

/** As the shell does: the fallback stands for a variable that is unset or empty. */
function variableValue(piece: Piece & { kind: 'variable' }, env: Environment): string | null {
  const value = Object.hasOwn(env, piece.name) ? env[piece.name] : undefined;
  if (piece.fallback !== null) return value === undefined || value === '' ? piece.fallback : value;
  return value ?? null;
}

/** Fills in one scalar. `read` gives the text of a file named relative to the jobs file, or why it cannot. */
export function fillVariables(
  text: string,
  env: Environment,
  read: (path: string) => { readonly text: string } | { readonly reason: string },
): Filled {
  const fills: Fill[] = [];
  const faults: Fault[] = [];
  const parts = splitVariables(text).map((piece) => {
    if (piece.kind === 'text') return piece.text;
    if (piece.kind === 'malformed') {
      faults.push({ kind: 'malformed' });
      return '';
    }
    if (piece.kind === 'variable') {
      const value = variableValue(piece, env);
      if (value === null) faults.push({ kind: 'unset', name: piece.name });
      fills.push({ label: `\${${piece.name}}`, value: value ?? '' });
      return value ?? '';
    }
    const file = read(piece.path);
    if ('reason' in file) {
      faults.push({ kind: 'unreadable', path: piece.path, reason: file.reason });
      return '';
    }
    const value = file.text.replace(/\r?\n$/, '');
    fills.push({ label: `\${file:${piece.path}}`, value });
    return value;
  });
  return { text: faults.length > 0 ? null : parts.join(''), fills, faults };
}
