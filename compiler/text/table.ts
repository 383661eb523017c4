/** Columns padded to the widest cell, two spaces apart, with a header line. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly ("left" | "right")[] = [],
): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const cell = (text: string, column: number): string =>
    align[column] === "right" ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  return lines
    .map((line) =>
      header
        .map((_, column) => cell(line[column] ?? "", column))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
