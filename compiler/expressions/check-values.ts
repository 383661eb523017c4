import { nearest } from "../diagnostics/suggest.ts";
import type { Constant } from "../ir/schema.ts";
import { list } from "../text/words.ts";
import type { Ast } from "./ast.ts";
import type { Checker } from "./checker.ts";
import type { Typed } from "./coerce.ts";
import { impossibleValue } from "./messages.gen.ts";

/** Longer lists are for the spec. */
const shown = 8;

/** Warns of a literal that `value` is compared with and can never be, as its schema lists what it may be. `part`: of what stands at `at`. */
export function warnImpossible(checker: Checker, { values }: Pick<Typed, "values">, literal: Ast, at: Ast, part = ""): void {
  if (values === undefined || literal.kind !== "literal" || literal.type === "bytes" || literal.type === "null") return;
  const written: Constant = ["int", "uint", "double"].includes(literal.type) ? Number(literal.value) : literal.value;
  // A number beyond 2^53 is compared as a double, in which several integers are one.
  if (values.some((value) => value === written || (typeof value === "bigint" && Number(value) === written))) return;
  const known = values.filter((value) => value !== null).map(asLiteral);
  const near = nearest(asLiteral(written), known);
  const some = known.slice(0, shown).map((value) => `\`${value}\``);
  const all = known.length > shown ? `${some.join(", ")} and ${known.length - shown} more` : list(some, "or");
  const help = near === undefined ? `It may be ${all}.` : `Did you mean \`${near}\`? It may be ${all}.`;
  checker.report(literal, (place) =>
    impossibleValue(place, { path: checker.source(at) + part, literal: checker.source(literal), help }),
  );
}

/** As it is written in an expression. */
const asLiteral = (value: Constant): string =>
  typeof value === "string" ? `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'` : String(value);
