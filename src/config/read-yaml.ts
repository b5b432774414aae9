import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import type { ErrorCode } from '../kit/errors.ts';
import { pathKey, type Spot } from './jobs-file.ts';
import type { Path, Place } from './problem.ts';
import { yamlWords } from './yaml-words.ts';

/** A mistake of the YAML itself, found before any value has a meaning. */
export interface YamlFault {
  readonly code: ErrorCode;
  readonly path: Path;
  readonly place: Place;
  readonly message: string;
  readonly cure: string;
}

export interface YamlText {
  /** Meaningless when `broken`. */
  readonly value: unknown;
  readonly spots: ReadonlyMap<string, Spot>;
  readonly faults: readonly YamlFault[];
  /** The syntax is so wrong that further problems would be noise. */
  readonly broken: boolean;
}

type Parsed = ReturnType<typeof parseDocument>;
interface Entry {
  readonly key: Place;
  readonly value: Node | null;
}

/** Far more than any jobs file; aliases of aliases could otherwise fill the memory. */
const mostNodes = 100_000;
class TooLarge extends Error {}

/** The text of a scalar where its value would not print back as it was written: 007, 1.50, 19 digits, True. */
function scalarValue(node: Scalar): unknown {
  const { value, source } = node;
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') {
    return source === undefined || String(value) === source ? value : source;
  }
  return source ?? String(value);
}

class Walker {
  readonly spots = new Map<string, Spot>();
  readonly faults: YamlFault[] = [];
  readonly #document: Parsed;
  readonly #lines: LineCounter;
  /** The nodes that the walk is inside of: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(document: Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  walk(node: Node | null, path: Path, key: Place | null): unknown {
    this.#count();
    const value = node === null || isEmpty(node) ? (key ?? this.place(node?.range?.[0] ?? 0)) : this.place(node.range?.[0] ?? 0);
    this.spots.set(pathKey(path), { key, value });
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node, path, key, value);
    this.#open.add(node);
    try {
      if (isMap(node)) return this.#mapping(node, path);
      if (isSeq(node)) return node.items.map((item, at) => this.walk(item as Node | null, [...path, at], null));
      return isScalar(node) ? this.#scalar(node) : undefined;
    } finally {
      this.#open.delete(node);
    }
  }

  #count(): void {
    this.#nodes += 1;
    if (this.#nodes > mostNodes) throw new TooLarge();
  }

  #scalar(node: Scalar): unknown {
    // A tag of the user's own has been reported by the parser; what stands behind it is not what was meant.
    return node.tag?.startsWith('!') ? undefined : scalarValue(node);
  }

  #alias(node: Node & { source: string }, path: Path, key: Place | null, place: Place): unknown {
    const target = isAlias(node) ? node.resolve(this.#document) : undefined;
    if (target === undefined)
      return this.#fault('LIB102', path, place, 'is an alias without an anchor before it', yamlWords('BAD_ALIAS').cure);
    if (this.#open.has(target)) return this.#fault('LIB102', path, place, 'is an alias inside of its own anchor', 'Remove the alias.');
    return this.walk(target, path, key);
  }

  #mapping(node: YAMLMap, path: Path): unknown {
    const entries = new Map<string, Entry>();
    this.#collect(node, path, entries, false);
    const value: Record<string, unknown> = {};
    for (const [name, entry] of entries) {
      value[name] = this.walk(entry.value, [...path, name], entry.key);
    }
    return value;
  }

  /** The map's own keys first, then those of `<<`: what stands in the map itself wins. */
  #collect(node: YAMLMap, path: Path, entries: Map<string, Entry>, merged: boolean): void {
    this.#count();
    const merges: (Node | null)[] = [];
    const own = new Set<string>();
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key;
      const place = this.place(pair.key?.range?.[0] ?? node.range?.[0] ?? 0);
      if (!isScalar(key)) {
        this.#fault('LIB102', path, place, 'has a key that is no text', 'Write a plain text before the colon.');
        continue;
      }
      const name = String(scalarValue(key));
      if (name === '<<' && key.type === 'PLAIN') {
        merges.push(pair.value);
      } else if (name === '__proto__') {
        this.#fault('LIB104', path, place, 'has the key __proto__', 'Choose another name.');
      } else if (own.has(name)) {
        this.#fault('LIB102', [...path, name], place, 'is written twice', 'Keep one of the two.');
      } else {
        own.add(name);
        if (!(merged && entries.has(name))) entries.set(name, { key: place, value: pair.value });
      }
    }
    for (const merge of merges) this.#merge(merge, path, entries);
  }

  #merge(node: Node | null, path: Path, entries: Map<string, Entry>): void {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    const maps = isSeq(target) ? target.items.map((item) => (isAlias(item) ? item.resolve(this.#document) : item)) : [target];
    for (const map of maps) {
      if (isMap(map) && !this.#open.has(map)) {
        this.#open.add(map);
        this.#collect(map, path, entries, true);
        this.#open.delete(map);
      } else {
        const place = this.place(node?.range?.[0] ?? 0);
        this.#fault('LIB102', path, place, 'merges (<<) what is no mapping', 'Write the alias of a mapping after <<.');
      }
    }
  }

  #fault(code: ErrorCode, path: Path, place: Place, message: string, cure: string): undefined {
    this.faults.push({ code, path, place, message, cure });
  }
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null && (node.source ?? '') === '';
}

function whole(message: string, cure: string): YamlText {
  const place = { line: 1, column: 1 };
  return { value: null, spots: new Map(), faults: [{ code: 'LIB102', path: [], place, message, cure }], broken: true };
}

/** One fault a line: what follows the first is mostly its echo. */
function syntaxFaults(document: Parsed, walker: Walker): readonly YamlFault[] {
  const byLine = new Map<number, YamlFault>();
  const seen = [...document.errors, ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')];
  for (const { code, pos } of seen.toSorted((a, b) => a.pos[0] - b.pos[0])) {
    const place = walker.place(pos[0]);
    if (!byLine.has(place.line)) byLine.set(place.line, { code: 'LIB102', path: [], place, ...yamlWords(code) });
  }
  return [...byLine.values()];
}

/** YAML 1.2 text → plain data, with the place of each key and value, and every fault of the YAML at once. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
    const walker = new Walker(document, lines);
    const faults = syntaxFaults(document, walker);
    if (document.errors.length > 0) return { value: null, spots: new Map(), faults, broken: true };
    const value = walker.walk(document.contents, [], null);
    return { value, spots: walker.spots, faults: [...faults, ...walker.faults], broken: false };
  } catch (error) {
    if (error instanceof TooLarge) return whole('is too large once its aliases are filled in', 'Use fewer aliases.');
    // Thousands of brackets inside each other exhaust the parser's stack.
    if (error instanceof RangeError) return whole('is nested too deeply', 'Use fewer levels.');
    throw error;
  }
}
