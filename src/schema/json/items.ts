/** The items of a JSON array, each as its own JSON text: no number is read, so none loses a digit. null: the text is no array. */
export function jsonItems(text: string): readonly string[] | null {
  if (!text.startsWith('[') || !text.endsWith(']')) return null;
  const items: string[] = [];
  let depth = 0;
  let from = 1;
  for (let at = 1; at < text.length - 1; at += 1) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at);
        break;
      case '[':
      case '{':
        depth += 1;
        break;
      case ']':
      case '}':
        depth -= 1;
        break;
      case ',':
        if (depth > 0) break;
        items.push(text.slice(from, at).trim());
        from = at + 1;
    }
  }
  const last = text.slice(from, -1).trim();
  return last === '' && items.length === 0 ? items : [...items, last];
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
