/** Prints rows under their titles, each column as wide as it needs to be. */
export function table(
  say: (line: string) => void,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  for (const row of [head, ...rows])
    say(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
