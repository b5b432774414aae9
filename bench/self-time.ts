/** The part of V8's `.cpuprofile` that is read here. Times are microseconds. */
export interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** The node on top of the stack at each sample, and the time since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

export interface SelfTime {
  readonly function: string;
  /** The package, the folder of this project, or Node's own. */
  readonly place: string;
  readonly microseconds: number;
}

/** The source file of a line, from 1, of a bundled file; `src/…/…ts`, or a file of a package, its name first. */
export type SourceAt = (url: string, line: number) => string | null;

/** Time on top of the stack, by node: what it spent itself, without those it called. */
export function selfTimes({ nodes, samples, timeDeltas }: Profile, sourceAt: SourceAt): readonly SelfTime[] {
  const spent = new Map<number, number>();
  for (const [index, node] of samples.entries()) {
    // The time after a sample is the node's: until the next one it was the last that was seen.
    spent.set(node, (spent.get(node) ?? 0) + (timeDeltas[index + 1] ?? 0));
  }
  return nodes.flatMap(({ id, callFrame }) => {
    const microseconds = spent.get(id);
    if (microseconds === undefined) return [];
    const source = sourceAt(callFrame.url, callFrame.lineNumber + 1);
    const place = placeOf(callFrame, source);
    const name = callFrame.functionName || 'anonymous';
    return { function: place === name ? name : `${name} ${fileOf(callFrame, source)}`, place, microseconds };
  });
}

/** The largest sums of a name. */
export function hottest(times: readonly SelfTime[], by: 'function' | 'place', most: number): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const time of times) sums.set(time[by], (sums.get(time[by]) ?? 0) + time.microseconds);
  return [...sums].sort(([, a], [, b]) => b - a).slice(0, most);
}

function placeOf({ functionName, url }: CallFrame, source: string | null): string {
  // (idle), (garbage collector), (program): places of their own.
  if (functionName.startsWith('(')) return functionName;
  const [, folder] = /^(src\/.+)\/[^/]+$/.exec(source ?? '') ?? [];
  if (folder !== undefined) return folder;
  const path = source ?? /.*\/node_modules\/(.+)/.exec(url)?.[1] ?? 'node';
  return /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? 'node';
}

/** A bundled file's line is said with it: the source's own is not known. */
function fileOf({ url, lineNumber }: CallFrame, source: string | null): string {
  if (url === '') return 'native';
  const line = `:${lineNumber + 1}`;
  const end = (path: string, parts: number): string => path.split('/').slice(-parts).join('/');
  return source === null ? `${end(url, 2)}${line}` : `${end(source, 2)} (${end(url, 1)}${line})`;
}
