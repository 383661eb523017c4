import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Overload, overloads } from "../expressions/overloads.ts";
import { between, code, table } from "./markdown.ts";
import type { Outputs } from "./outputs.ts";
import type { Workspace } from "./workspace.ts";

const page = "compiler/expressions/README.md";

/** The table of all functions and operators in the page about expressions. */
export function generateFunctionTable({ root }: Workspace, out: Outputs): void {
  const path = join(root, page);
  if (!existsSync(path)) return;
  const byName = new Map<string, Overload[]>();
  for (const overload of Object.values<Overload>(overloads))
    byName.set(overload.name, [...(byName.get(overload.name) ?? []), overload]);
  const rows = [...byName].map(([name, all]) => {
    // What is chosen where types are open says nothing new, unless it is all there is.
    const typed = all.filter(({ params }) => !params.includes("dyn"));
    const shown = typed.length > 0 ? typed : all;
    const forms = [...new Set(shown.flatMap(formsOf))].map(code).join(", ");
    return [code(name === "negate" ? "-" : name), forms, shown.some(({ fails }) => fails) ? "yes" : ""];
  });
  const updated = between(readFileSync(path, "utf8"), "functions", table(["Name", "Forms", "May fail"], rows));
  if (updated === undefined)
    out.problem(`${page} has no place for the table of functions: write <!-- functions --> and <!-- /functions -->`);
  else out.write(page, updated);
}

/** `string + string → string`, `size(list) → int`, `string.contains(string) → bool`. */
function formsOf({ name, style, params, result }: Overload): string[] {
  const [first, ...others] = params.map((param) => (param === "dyn" ? "any" : param));
  const to = `→ ${result === "dyn" ? "any" : result}`;
  if (name === "[]") return [`${first}[${others.join()}] ${to}`];
  if (name === "!" || name === "negate") return [`${name === "!" ? "!" : "-"}${first} ${to}`];
  if (!/^[a-z]/i.test(name) || name === "in") return [`${first} ${name} ${others.join()} ${to}`];
  const call = `${name}(${[first, ...others].filter((param) => param !== undefined).join(", ")}) ${to}`;
  const method = `${first}.${name}(${others.join(", ")}) ${to}`;
  return style === "function" ? [call] : style === "method" ? [method] : [call, method];
}
