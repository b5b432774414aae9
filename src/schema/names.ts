/**
 * Names that Avro and Protobuf take, for names that they may not: letters, digits and underscores, no digit first. Two that
 * would become one are told apart by a number.
 */
export function plainNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = plainName(name);
    let free = plain;
    for (let number = 2; taken.has(free); number += 1) free = `${plain}_${number}`;
    taken.add(free);
    return free;
  });
}

export function plainName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
}

/** A topic's name as a namespace: its parts between dots. */
export const namespaceOf = (topic: string): string => topic.split('.').map(plainName).join('.');
