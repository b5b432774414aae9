import type { YAMLError } from 'yaml';

type Code = YAMLError['code'];
interface Words {
  readonly message: string;
  readonly cure: string;
}

const quote = 'Put the value in quotes.';
const words: Partial<Record<Code, Words>> = {
  ALIAS_PROPS: { message: 'an alias has an anchor or a tag', cure: 'Remove the anchor or tag before the alias.' },
  BAD_ALIAS: {
    message: 'a value begins with * and is no alias',
    cure: 'Put a text that begins with * in quotes.',
  },
  BAD_DQ_ESCAPE: {
    message: 'a backslash begins no escape that YAML knows',
    cure: 'Write \\\\ for a backslash, or use single quotes.',
  },
  BAD_INDENT: { message: 'the indentation does not fit', cure: 'Align the keys of one mapping, and close each [ and {.' },
  BAD_SCALAR_START: { message: 'a value begins with a character that YAML keeps for itself', cure: quote },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a colon before a space or a line end makes a mapping where a value stands',
    cure: 'Put a value that holds a colon in quotes, such as sink: "stdout:", or begin the mapping on the next line.',
  },
  BLOCK_IN_FLOW: { message: 'an indented block stands inside [ ] or { }', cure: `${quote} Or write the list with one dash a line.` },
  MISSING_CHAR: { message: 'a closing quote, bracket, colon or comma is missing', cure: 'Add what is missing at this place.' },
  MULTIPLE_DOCS: { message: 'the file holds more than one YAML document', cure: 'Remove the line --- and what follows it.' },
  TAB_AS_INDENT: { message: 'a tab is used to indent', cure: 'Indent with spaces.' },
  TAG_RESOLVE_FAILED: {
    message: 'a value begins with ! and is no tag that YAML knows',
    cure: 'Put a text that begins with ! in quotes, such as "!tmp_*".',
  },
  UNEXPECTED_TOKEN: {
    message: 'something stands where YAML expects nothing more',
    cure: `${quote} Inside of { } and [ ], \${NAME} needs them too.`,
  },
};

const other: Words = { message: 'the YAML syntax is wrong', cure: 'Mend the syntax at this line and column.' };

/** Our own words for a YAML fault: the parser's may quote the text, and so a secret. */
export function yamlWords(code: Code): Words {
  return words[code] ?? other;
}
