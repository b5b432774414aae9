/** A result as the server's own client prints it, without its frame: columns parted by two blanks. */
export function textTable(names: readonly string[], rows: readonly (readonly (string | null)[])[]): readonly string[] {
  const cells = [names, ...rows.map((row) => row.map((cell) => cell ?? 'NULL'))];
  const widths = names.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
