import type { Ast } from "./ast.ts";
import { note, ownerOf, partOf, readField, warnNull } from "./check-access.ts";
import { an, type Checker, place } from "./checker.ts";
import { narrow, type Typed } from "./coerce.ts";
import { pathOf } from "./facts.ts";
import { mayBeAbsent, wrongType } from "./messages.gen.ts";
import { type CelType, dyn, formatType, unionOf } from "./types.ts";

export function checkIndex(checker: Checker, ast: Ast & { kind: "index" }): Typed {
  const container = partOf(checker, ast.operand);
  const type = checker.expand(container.type);
  if (ast.index.kind === "literal" && ast.index.type === "string" && ["map", "object"].includes(type.kind)) {
    return readField(checker, container, ast.index.value, ast, ast.index, ast.operand);
  }
  const index = checker.check(ast.index);
  // The parts of some variables can only be read by name; checking the operand as a value says so.
  if (container.node.kind === "variable" && checker.environment.variables[container.node.name]!.partsOnly === true)
    return checker.check(ast.operand);
  return element(checker, container, type, index, ast);
}

/** Of a key that is only known at run time nobody knows whether it is there, unless a condition has asked. */
function warnAbsent(checker: Checker, container: Typed, type: CelType, ast: Ast & { kind: "index" }): void {
  const path = pathOf(ast);
  if (checker.environment.sparse || path === undefined || checker.proves(`there ${path}`)) return;
  const test = `${checker.source(ast.index)} in ${checker.source(ast.operand)}`;
  checker.report(ast, (at) => mayBeAbsent(at, { path: checker.source(ast), owner: ownerOf(container, type), test }));
}

function element(checker: Checker, container: Typed, type: CelType, index: Typed, ast: Ast & { kind: "index" }): Typed {
  const result = (
    overload: "elementOfList" | "elementOfListDyn" | "elementOfMap" | "elementOfDyn",
    operand: Typed,
    key: Typed,
    of: CelType,
    values?: Typed["values"],
  ): Typed => ({
    type: of,
    values,
    node: { kind: "call", overload, args: [operand.node, key.node], type: checker.valueType(of), at: place(ast) },
  });
  const boxed = (typed: Typed): Typed => checker.expect({ ...typed }, dyn, ast.index, "");
  if (type.kind === "list") {
    if (checker.expand(index.type).kind === "dyn") return result("elementOfListDyn", container, index, type.element, type.values);
    return result(
      "elementOfList",
      container,
      checker.expect(index, { kind: "int" }, ast.index, "The index of a list"),
      type.element,
      type.values,
    );
  }
  if (type.kind === "map" || type.kind === "object") {
    note(checker, container, "*");
    const key: CelType = type.kind === "map" ? type.key : { kind: "string" };
    const value =
      type.kind === "map"
        ? type.value
        : unionOf(
            [...Object.values(type.fields).map((field) => field.type), ...(type.rest === undefined ? [] : [type.rest])].map(
              checker.expand,
            ),
          );
    warnAbsent(checker, container, type, ast);
    const found = checker.expand(index.type);
    const numeric = ["int", "uint", "double"];
    const fits = found.kind === "dyn" || key.kind === "dyn" || (numeric.includes(found.kind) && numeric.includes(key.kind));
    const fitting = fits ? index : checker.expect(index, key, ast.index, "The key of this map");
    return result("elementOfMap", container, fitting, value, type.kind === "map" ? type.values : undefined);
  }
  if (type.kind === "dyn") return result("elementOfDyn", container, boxed(index), dyn);
  if (type.kind === "union") {
    const members = type.members.map(checker.expand).filter(({ kind }) => ["list", "map", "object", "dyn"].includes(kind));
    warnNull(checker, type, ast.operand);
    if (members.length === 1) return element(checker, narrow(container, members[0]!, checker.expand), members[0]!, index, ast);
  }
  const given = an(formatType(type));
  checker.report(ast.operand, (at) =>
    wrongType(at, {
      role: "What stands in front of `[`",
      wanted: "a list or a map",
      given,
      help: "Only lists and maps have elements.",
    }),
  );
  return checker.invalid(ast);
}
