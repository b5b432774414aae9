import pc from 'picocolors';

/** Colours for a terminal, none elsewhere; NO_COLOR and FORCE_COLOR have the last word. */
export function paints(stream: NodeJS.WriteStream, env: Readonly<Record<string, string | undefined>>): ReturnType<typeof pc.createColors> {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = env;
  if (NO_COLOR !== '') return pc.createColors(false);
  if (FORCE_COLOR !== '') return pc.createColors(FORCE_COLOR !== '0');
  return pc.createColors(stream.isTTY === true && TERM !== 'dumb');
}
