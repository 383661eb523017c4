import type { Ast } from "./ast.ts";
import { warnNull } from "./check-access.ts";
import { an, type Checker, place } from "./checker.ts";
import { narrow, type Typed } from "./coerce.ts";
import { isExternal } from "./external.ts";
import { factsOfKey, factsWhen } from "./facts.ts";
import { wrongType } from "./messages.gen.ts";
import { bool, type CelType, dyn, formatType, listOf, string } from "./types.ts";

export function checkMacro(checker: Checker, ast: Ast & { kind: "macro" }): Typed {
  let range = checker.check(ast.range);
  let type = checker.expand(range.type);
  if (type.kind === "union") {
    const members = type.members.map(checker.expand).filter((member) => elementOf(member) !== undefined);
    warnNull(checker, type, ast.range);
    if (members.length === 1) {
      type = members[0]!;
      range = narrow(range, type, checker.expand);
    }
  }
  const element = elementOf(type);
  if (element === undefined) {
    const given = an(formatType(type));
    checker.report(ast.range, (at) =>
      wrongType(at, {
        role: `What \`${ast.macro}\` goes through`,
        wanted: "a list or a map",
        given,
        help: "Put a list or a map in front of the dot.",
      }),
    );
  }
  const values = type.kind === "list" ? type.values : undefined;
  const external = type.kind === "list" && isExternal(range.node);
  checker.locals.push({ name: ast.variable, type: element ?? dyn, values, external });
  const known = type.kind === "map" || type.kind === "object" ? factsOfKey(ast.range, ast.variable) : [];
  const filter =
    ast.filter === undefined
      ? undefined
      : checker.expect(checker.under(known, ast.filter), bool, ast.filter, "The condition of `map`");
  const found = checker.under([...known, ...(ast.filter === undefined ? [] : factsWhen(ast.filter, true))], ast.body);
  const body = ast.macro === "map" ? found : checker.expect(found, bool, ast.body, `The condition of \`${ast.macro}\``);
  checker.locals.pop();
  const result: CelType =
    ast.macro === "map" ? listOf(body.type) : ast.macro === "filter" ? filtered(element ?? dyn, values) : bool;
  return {
    type: result,
    node: {
      kind: "macro",
      macro: ast.macro,
      range: range.node,
      variable: ast.variable,
      variableType: checker.valueType(element ?? dyn),
      filter: filter?.node,
      body: body.node,
      type: checker.valueType(result),
      at: place(ast),
    },
  };
}

const filtered = (element: CelType, values: Typed["values"]): CelType => ({
  kind: "list",
  element,
  ...(values === undefined ? {} : { values }),
});

/** What the variable of a macro is; undefined where there is nothing to go through. */
function elementOf(type: CelType): CelType | undefined {
  if (type.kind === "list") return type.element;
  if (type.kind === "map") return type.key;
  if (type.kind === "object") return string;
  return type.kind === "dyn" ? dyn : undefined;
}
