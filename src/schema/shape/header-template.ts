/** What a header is made of: texts, and columns whose text stands there. */
export type HeaderPiece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'column'; readonly name: string };

const marks = /\{\{|\}\}|\{([^{}]*)\}/g;

/** `{tenant_id}-x` → column, text; `{{` and `}}` stand for a brace, and so does one that belongs to no pair. */
export function headerPieces(template: string): readonly HeaderPiece[] {
  const pieces: HeaderPiece[] = [];
  let text = '';
  let from = 0;
  for (const match of template.matchAll(marks)) {
    text += template.slice(from, match.index);
    from = match.index + match[0].length;
    if (match[1] === undefined) {
      text += match[0].slice(1);
      continue;
    }
    if (text !== '') pieces.push({ kind: 'text', text });
    text = '';
    pieces.push({ kind: 'column', name: match[1].trim() });
  }
  text += template.slice(from);
  return text === '' ? pieces : [...pieces, { kind: 'text', text }];
}

/** The columns that a template names. */
export const headerColumns = (template: string): readonly string[] =>
  headerPieces(template).flatMap((piece) => (piece.kind === 'column' ? [piece.name] : []));

/** The text of a template that names no column. */
export const headerText = (template: string): string =>
  headerPieces(template)
    .map((piece) => (piece.kind === 'text' ? piece.text : ''))
    .join('');
