const quote = 0x22;
const backslash = 0x5c;

/** The members of a JSON object, each as the text that stands there: a number of 19 digits is not rounded. The JSON is sound. */
export function jsonMembers(json: Buffer): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let at = json.indexOf(0x7b) + 1;
  while (at > 0 && at < json.length) {
    const nameFrom = json.indexOf(quote, at);
    if (nameFrom < 0) break;
    const nameTo = endOfString(json, nameFrom);
    const valueFrom = json.indexOf(0x3a, nameTo) + 1;
    const valueTo = endOfValue(json, valueFrom);
    members.set(JSON.parse(json.toString('utf8', nameFrom, nameTo)) as string, json.toString('utf8', valueFrom, valueTo).trim());
    at = valueTo + 1;
  }
  return members;
}

/** Behind the closing quote of the string that opens at `from`. */
function endOfString(json: Buffer, from: number): number {
  for (let at = from + 1; at < json.length; at += 1) {
    if (json[at] === backslash) at += 1;
    else if (json[at] === quote) return at + 1;
  }
  return json.length;
}

/** The comma or the brace behind a value. */
function endOfValue(json: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === quote) at = endOfString(json, at) - 1;
    else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (byte === 0x2c && depth === 0) return at;
  }
  return json.length;
}
