import { displayWidth, printable } from "../../diagnostics/render/columns.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: "right";
  /** Where there is no room for all, those with the lowest are left out first; undefined: never. */
  readonly weight?: number;
}

/** Characters that the first column keeps at least. */
const narrowest = 12;

export interface FittedTable {
  /** None is wider than the terminal. */
  readonly lines: readonly string[];
  /** Titles of what is left out. */
  readonly omitted: readonly string[];
}

/**
 * A table that fits into so many columns: columns are left out, and then the first one is cut, before a line would wrap. What
 * is shown cannot steer the terminal.
 */
export function fittedTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): FittedTable {
  const all = columns.map((column) => {
    const cells = rows.map((row) => printable(column.cell(row).replaceAll("\n", " ")));
    return { ...column, cells, width: Math.max(displayWidth(column.title), ...cells.map(displayWidth)) };
  });
  const omitted: string[] = [];
  const kept = [...all];
  const needed = (): number =>
    kept.reduce((sum, column, index) => sum + (index === 0 ? Math.min(column.width, narrowest) : column.width + 2), 0);
  while (needed() > width) {
    const least = Math.min(...kept.map(({ weight = Number.POSITIVE_INFINITY }) => weight));
    if (least === Number.POSITIVE_INFINITY) break;
    const [gone] = kept.splice(
      kept.findIndex(({ weight }) => weight === least),
      1,
    );
    omitted.push(gone!.title);
  }
  const [first, ...others] = kept;
  if (first === undefined) return { lines: [], omitted };
  const room = width - others.reduce((sum, column) => sum + column.width + 2, 0);
  const widths = [Math.max(1, Math.min(first.width, room)), ...others.map((column) => column.width)];
  const line = (cellOf: (column: (typeof all)[number]) => string): string =>
    cut(
      kept
        .map((column, index) => padded(cut(cellOf(column), widths[index]!), widths[index]!, column.align))
        .join("  ")
        .trimEnd(),
      width,
    );
  return { lines: [line(({ title }) => title), ...rows.map((_, index) => line(({ cells }) => cells[index]!))], omitted };
}

const padded = (text: string, width: number, align: "right" | undefined): string => {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "right" ? space + text : text + space;
};

/** Not wider than `width`: an ellipsis stands for what is gone. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let shown = "";
  let used = 0;
  for (const character of text) {
    used += displayWidth(character);
    if (used > width - 1) break;
    shown += character;
  }
  return `${shown}…`;
}
