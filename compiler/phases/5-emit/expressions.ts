import { type DeclaredParameterIr, type ExpressionIr, exchangeNames, printExpression } from "../../expressions/index.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { type JsValue, jsValue } from "../../text/js-value.ts";
import type { ModuleWriter } from "./module-writer.ts";

/**
 * Prints an expression over the exchange `x`. What it needs at module level (constants, helper functions) is written
 * to the module at once, so that it stands before the code that uses the result.
 */
export const printExpressionInto = (expression: ExpressionIr, writer: ModuleWriter): string => print(expression, writer).text;

/** Prints the condition of a step for an `if`: one that may have no value is asked through `applies` or `holds`. */
export function printCondition(
  { when: expression, undecided }: { readonly when: ExpressionIr; readonly undecided?: "skip" },
  hint: string,
  writer: ModuleWriter,
): string {
  const begin = writer.lines.length;
  const { text, fails } = print(expression, writer);
  if (!fails) return text;
  const ask =
    undecided === "skip"
      ? writer.fromRuntime("expressions/holds", "holds")
      : writer.fromRuntime("expressions/applies", "applies");
  // With declarations of its own, the same text means something else.
  const hasOwn = writer.lines.length > begin;
  const same = hasOwn ? undefined : writer.conditions.get(text);
  if (same !== undefined) return `${ask}(${same}, x)`;
  const name = writer.name(`${hint} when`);
  if (!hasOwn) writer.conditions.set(text, name);
  writer.comment(`${expression.origin === undefined ? "" : formatOrigin(expression.origin)} when: ${expression.text}`);
  writer.line(`const ${name} = (x) => ${text};`, expression.origin);
  writer.line();
  return `${ask}(${name}, x)`;
}

function print(expression: ExpressionIr, writer: ModuleWriter): { readonly text: string; readonly fails: boolean } {
  const parameters: string[] = [];
  const declared = new Map<string, string>();
  const parameter = (name: string, place: "query" | "header", reading: DeclaredParameterIr) => {
    const key = `${place} ${name}`;
    let constant = declared.get(key);
    if (constant === undefined) {
      declared.set(key, (constant = writer.name(`${name} in ${place}`)));
      const make = writer.fromRuntime(`expressions/${place}-parameter`, place === "query" ? "QueryParameter" : "HeaderParameter");
      parameters.push(`const ${constant} = /* @__PURE__ */ new ${make}(${jsValue({ name, ...reading } as JsValue)});`);
    }
    return { text: `${constant}.of(x)`, uses: ["x"] };
  };
  const names = exchangeNames({
    declare: (hint) => writer.name(hint),
    runtime: (module, name) => writer.fromRuntime(module, name),
    geo: () => writer.fromModule("geo.js", "geo"),
    body: { text: "x.bodyValue", uses: ["x"] },
    param(name) {
      const constant = writer.name(`${name} in path`);
      const { piece, types, part } = expression.inPath![name]!;
      const make =
        part === undefined
          ? writer.fromRuntime("expressions/path-parameter", "PathParameter")
          : part === "rest"
            ? writer.fromRuntime("expressions/rest-parameter", "RestParameter")
            : writer.fromRuntime("expressions/split-parameter", "SplitParameter");
      const split = typeof part === "object" ? `, ${jsValue({ ...part, texts: [...part.texts] })}` : "";
      const value = typeof piece === "string" ? piece : { ...piece, ...("parts" in piece ? { parts: [...piece.parts] } : {}) };
      parameters.push(`const ${constant} = /* @__PURE__ */ new ${make}(${jsValue(value)}, ${types}${split});`);
      return { text: `${constant}.of(x)`, uses: ["x"] };
    },
    query: (name) => parameter(name, "query", expression.inQuery![name]!),
    header: (name) => parameter(name, "header", expression.inHeaders![name]!),
  });
  const { text, fails, declarations } = printExpression(expression, names);
  for (const declaration of [...parameters, ...declarations]) {
    for (const line of declaration.split("\n")) writer.line(line, expression.origin);
    writer.line();
  }
  return { text, fails };
}
