import { KeysProblem } from "./shelf.ts";

/** Records by the names of the first line (RFC 4180). A field without text is not there. */
export function csvRecords(text: string, path: string): readonly Readonly<Record<string, string>>[] {
  const [names, ...rows] = rowsOf(text.replace(/^\ufeff/, ""), path);
  if (names === undefined) throw new KeysProblem(`${path} is empty.`);
  const known = names.map((name) => name.trim());
  if (!known.includes("consumer") || !(known.includes("key") || known.includes("hash")))
    throw new KeysProblem(
      `The first line of ${path} has to name its columns, \`consumer\` and \`key\` or \`hash\` among them: \`consumer,key,roles,expires\`.`,
    );
  return rows.map((row, index) => {
    if (row.length !== known.length)
      throw new KeysProblem(
        `${path}, line ${index + 2}, has ${row.length} fields and not the ${known.length} of the first line.`,
      );
    return Object.fromEntries(row.flatMap((field, column) => (field.trim() === "" ? [] : [[known[column]!, field.trim()]])));
  });
}

/** Rows that hold something. */
function rowsOf(text: string, path: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null)
      throw new KeysProblem(`${path}, line ${rows.length + 1}, has a quotation mark that does not belong there.`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === ",") continue;
    if (row.some((field) => field.trim() !== "")) rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push([...row, ""]);
  return rows;
}
