import { table } from "../../text/table.ts";

/** JSON of the admin API for people: names and values in two columns, lists of objects as tables below them. */
export function renderValue(value: unknown): string {
  if (isObject(value)) return renderObject(value);
  if (isTable(value)) return renderTable(value);
  return Array.isArray(value) ? value.map(cell).join("\n") : cell(value);
}

function renderObject(object: Readonly<Record<string, unknown>>): string {
  const plain = Object.entries(object).filter(([, value]) => !isTable(value));
  const width = Math.max(0, ...plain.map(([name]) => name.length));
  const lines = plain.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`.trimEnd());
  const tables = Object.entries(object).flatMap(([name, value]) =>
    isTable(value) ? [`${name}\n${indented(renderTable(value))}`] : [],
  );
  return [...(lines.length === 0 ? [] : [lines.join("\n")]), ...tables].join("\n\n");
}

function renderTable(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return table(
    columns,
    rows.map((row) => columns.map((column) => cell(row[column]))),
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTable = (value: unknown): value is readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) && value.length > 0 && value.every(isObject);

function cell(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(", ") || "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const indented = (text: string): string => text.replaceAll(/^/gm, "  ");
