const variables: readonly string[] = ['job', 'source', 'schema', 'table'];

/** The names in braces of a topic template, known or not. */
export function topicVariables(template: string): readonly string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] as string);
}

/** Why a topic template cannot be used; null when it can. */
export function topicFault(template: string): { readonly expected: string; readonly cure: string } | null {
  const known = variables.map((name) => `{${name}}`).join(', ');
  if (topicVariables(template).some((name) => !variables.includes(name))) {
    return { expected: `a topic whose names in braces are among ${known}`, cure: `Use ${known}.` };
  }
  const literal = template.replace(/\{[^{}]*\}/g, 'x');
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(literal) || literal === '.' || literal === '..') {
    return {
      expected: 'a topic of letters, digits, dots, dashes and underscores',
      cure: `Use only A-Z a-z 0-9 . _ - and ${known}, at most 249 characters.`,
    };
  }
  return null;
}
