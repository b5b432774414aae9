const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON with each number as its own digits: `JSON.parse` would read 0.10 as 0.1, and round what a double cannot hold. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text.replace(token, (found) => (found.startsWith('"') ? found : `"${found}"`)));
}
