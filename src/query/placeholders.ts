/** A piece of a query's text: as it is, or one of the two names that liberate fills in. */
export type Piece = { readonly text: string } | { readonly name: 'since' | 'until' };

/**
 * `standard`: a backslash is an ordinary character but in `E'…'`, `$tag$…$tag$` quotes;
 * `mysql`: a backslash escapes in every string, `#` begins a comment.
 */
export type Lexis = 'standard' | 'mysql';

// What may hide a colon or a semicolon that is not ours comes first: strings, quoted names, comments, casts.
const tokens: Readonly<Record<Lexis, RegExp>> = {
  standard:
    /\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|\$(?<tag>(?:[^\W\d]\w*)?)\$[\s\S]*?\$\k<tag>\$|::|:(?<name>since|until)\b/g,
  mysql:
    /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`[^`]*`|(?<comment>--(?=\s|$)[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)|:(?<name>since|until)\b/g,
};

/** Splits a query at `:since` and `:until`, outside strings, quoted names and comments. */
export function splitPlaceholders(text: string, lexis: Lexis): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(tokens[lexis])) {
    const name = match.groups?.['name'];
    if (name !== 'since' && name !== 'until') continue;
    pieces.push({ text: text.slice(from, match.index) }, { name });
    from = match.index + match[0].length;
  }
  pieces.push({ text: text.slice(from) });
  return pieces;
}

/** The query without the semicolons, comments and white space at its end, so that it can stand in parentheses. */
export function bareQuery(text: string, lexis: Lexis): string {
  let end = 0;
  let from = 0;
  const see = (plain: string): void => {
    const length = plain.replace(/[\s;]+$/, '').length;
    if (length > 0) end = from + length;
    from += plain.length;
  };
  for (const match of text.matchAll(tokens[lexis])) {
    see(text.slice(from, match.index));
    from += match[0].length;
    if (match.groups?.['comment'] === undefined) end = from;
  }
  see(text.slice(from));
  return text.slice(0, end);
}
