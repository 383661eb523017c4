import type { Demand } from "../../../runtime/policies/authorize/demands.ts";
import type { AuthorizeGrants, AuthorizeOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { list } from "../../text/words.ts";

/**
 * Roles, scopes and logins as expressions, so that they are checked against the types of the operation as others are, and
 * guardrails see what they come to. In the order in which they are asked: who has to log in again is told that first.
 */
export function demandsOf(options: AuthorizeOptions, context: PolicyContext): readonly Lowered<Demand>[] {
  const { acr, maxAge, roles, scopes, require, detail } = options;
  const seconds = maxAge === undefined ? undefined : Math.floor(parseDuration(maxAge) / 1000);
  const stepUp = [
    ...(acr === undefined ? [] : [`acr_values="${acr.join(" ")}"`]),
    ...(seconds === undefined ? [] : [`max_age="${seconds}"`]),
  ].join(", ");
  const demand = (text: string | undefined, pointer: string, more: Partial<Lowered<Demand>> = {}): Lowered<Demand>[] => {
    const expression = text === undefined ? undefined : context.expression(text, pointer, "bool");
    return expression === undefined ? [] : [{ require: expression, detail, ...more }];
  };
  return [
    ...demand(
      acr === undefined ? undefined : `has(identity.claims.acr) && identity.claims.acr in [${acr.map(quoted).join(", ")}]`,
      "/acr",
      { stepUp },
    ),
    ...demand(seconds === undefined ? undefined : recent(seconds), "/maxAge", { stepUp }),
    ...grantsText("roles", roles).flatMap(({ text, pointer }) => demand(text, pointer)),
    ...grantsText("scopes", scopes).flatMap(({ text, pointer, names }) => demand(text, pointer, { scopes: names })),
    ...demand(require, "/require"),
  ];
}

export const describeGrants = (what: string, { anyOf, allOf }: AuthorizeGrants): string =>
  [
    ...(anyOf === undefined ? [] : [`${what} ${list(anyOf, "or")}`]),
    ...(allOf === undefined ? [] : [`${what} ${list(allOf)}`]),
  ].join("; ");

/** Seconds since the epoch (OpenID Connect Core §2); a login that is still to come, by more than clocks differ, is none. */
function recent(seconds: number): string {
  const age = "now - timestamp(int(identity.claims.auth_time))";
  return `has(identity.claims.auth_time) && ${age} <= duration('${seconds}s') && ${age} >= duration('-30s')`;
}

/** A literal of CEL: its escapes are among those of JSON. */
const quoted = (text: string): string => JSON.stringify(text);

function grantsText(
  kind: "roles" | "scopes",
  grants: AuthorizeGrants | undefined,
): readonly { readonly text: string; readonly pointer: string; readonly names: readonly string[] }[] {
  return (["anyOf", "allOf"] as const).flatMap((how) => {
    const names = grants?.[how];
    if (names === undefined) return [];
    const held = names.map((name) => `${quoted(name)} in identity.${kind}`);
    // One is enough where any will do.
    const wanted = how === "anyOf" ? names.slice(0, 1) : names;
    return [{ text: held.join(how === "anyOf" ? " || " : " && "), pointer: `/${kind}/${how}`, names: wanted }];
  });
}
