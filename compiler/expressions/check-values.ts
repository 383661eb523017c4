import { nearest, suggestion } from "../diagnostics/suggest.ts";
import type { Constant } from "../ir/schema.ts";
import { own } from "../text/own.ts";
import { list } from "../text/words.ts";
import type { Ast } from "./ast.ts";
import type { Checker } from "./checker.ts";
import type { Typed } from "./coerce.ts";
import { impossibleValue, methodCase, unheldGrant } from "./messages.gen.ts";

/** Longer lists are for the spec. */
const shown = 8;

/** Warns of a literal that `value` is compared with and can never be, as its schema lists what it may be. `part`: of what stands at `at`. */
export function warnImpossible(checker: Checker, { values }: Pick<Typed, "values">, literal: Ast, at: Ast, part = ""): void {
  if (checker.source(at) === "request.method") return warnMethod(checker, literal);
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

/** Methods are case-sensitive (RFC 9110 §9.1), and all that are registered are in capitals. */
function warnMethod(checker: Checker, literal: Ast): void {
  if (literal.kind !== "literal" || typeof literal.value !== "string") return;
  const capitals = literal.value.toUpperCase();
  if (literal.value !== capitals)
    checker.report(literal, (place) => methodCase(place, { method: checker.source(literal), capitals: `'${capitals}'` }));
}

/** Warns of `'buyer' in identity.roles` where nobody is a buyer. */
export function warnUnheld(checker: Checker, { left, right }: Ast & { kind: "binary" }): void {
  const owner = checker.source(right);
  const held = own(checker.environment.held, owner);
  if (held === undefined || left.kind !== "literal" || left.type !== "string" || held.includes(left.value)) return;
  const known = [...new Set(held)].sort().map(asLiteral);
  const help =
    known.length === 0 ? `Give it to a consumer under \`identity.schemes\`.` : suggestion(asLiteral(left.value), known);
  checker.report(left, (place) =>
    unheldGrant(place, { kind: owner === "identity.roles" ? "role" : "scope", name: String(left.value), help }),
  );
}

/** As it is written in an expression. */
const asLiteral = (value: Constant): string =>
  typeof value === "string" ? `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'` : String(value);
