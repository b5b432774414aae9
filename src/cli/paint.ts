import pc from 'picocolors';

/** Colours for a terminal, none elsewhere; NO_COLOR and FORCE_COLOR are respected. */
export function paints(stream: NodeJS.WriteStream): ReturnType<typeof pc.createColors> {
  return pc.createColors(pc.isColorSupported && stream.isTTY === true);
}
