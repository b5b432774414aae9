/**
 * PostgreSQL's array text (`{1,NULL,"a \"b\""}`, `[0:1]={…}`, `{{…},{…}}`) → JSON text. `element` turns an
 * element's text into JSON. Bounds other than 1 are dropped: JSON has none.
 */
export function arrayJson(text: string, separator: string, element: (text: string) => string): string {
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  let json = '';
  while (at < text.length) {
    const sign = text[at] as string;
    if (sign === '{' || sign === '}') {
      json += sign === '{' ? '[' : ']';
      at += 1;
    } else if (sign === separator) {
      json += ',';
      at += 1;
    } else if (sign === '"') {
      const end = closingQuote(text, at);
      json += element(text.slice(at + 1, end).replace(/\\([\s\S])/g, '$1'));
      at = end + 1;
    } else {
      const end = plainEnd(text, at, separator);
      const plain = text.slice(at, end);
      // Without quotes it is no text of four letters.
      json += plain === 'NULL' ? 'null' : element(plain);
      at = end;
    }
  }
  return json;
}

/** An element without quotes; the server quotes each that holds a brace, a quote, a backslash or white space. */
function plainEnd(text: string, from: number, separator: string): number {
  let end = from;
  while (end < text.length && text[end] !== separator && text[end] !== '}') end += 1;
  return end;
}

function closingQuote(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
