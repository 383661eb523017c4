import type {
  ConcealmentConfig,
  SecurityConfig,
  SinglePresenceConfig,
  SingleSecurityConfig,
} from "../../../runtime/policies/security/index.ts";
import type { SchemeWay, SecurityAlternativeIr, SecurityRequirementIr } from "../../ir/gateway.ts";
import { resourceRef } from "../../ir/resource.ts";
import { call, type LoweredPolicy } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";

const module = "policies/security";
const hooks = ["request", "upstreamRequest"] as const;

/**
 * The authentication step of an operation, from what its spec and its policies require together. `optional`: requests
 * without any credential pass; wrong credentials never do. `concealed`: further schemes whose credentials the service does
 * not get.
 */
export function lowerSecurity(
  requirements: readonly SecurityRequirementIr[],
  wayOf: (scheme: string) => SchemeWay,
  optional: boolean,
  concealed: readonly string[] = [],
): Extract<LoweredPolicy, { kind: "call" }> {
  // An empty alternative would let everybody in, and no requirement at all as well.
  const required = distinct(requirements.map(({ alternatives }) => alternatives.filter(({ schemes }) => schemes.length > 0)));
  if (required.length === 0 || required.some((alternatives) => alternatives.length === 0)) {
    throw new Error("lowerSecurity needs requirements that name a scheme");
  }
  const uses = required.flat().flatMap(({ schemes }) => schemes);
  const ways = uses.map(({ name }) => wayOf(name));
  const async = ways.some((way) => way.async);
  const body = ways.some(({ readsBody }) => readsBody) ? { body: "buffered" as const } : {};
  const facts = { hooks, mayAnswer: true, async, ...body, summary: `${describeAll(required)}${optional ? ", optional" : ""}` };
  const [first] = uses;
  if (uses.length === 1 && !optional && !async && concealed.length === 0) {
    const config = { scheme: schemeNode(first!.name) };
    if (first!.isUnverified) return call<SinglePresenceConfig>(module, "createSinglePresence", config, facts);
    if (first!.scopes.length === 0) return call<SingleSecurityConfig>(module, "createSingleSecurity", config, facts);
  }
  const config = {
    requirements: required.map((alternatives) =>
      alternatives.map(({ schemes }) =>
        schemes.map(({ name, scopes, isUnverified }) => ({ scheme: schemeNode(name), needs: isUnverified ? [] : scopes })),
      ),
    ),
    optional,
    ...(concealed.length === 0 ? {} : { conceal: concealed.map(schemeNode) }),
  };
  if (ways.some(({ settles }) => settles))
    return call<SecurityConfig>(`${module}/settled`, "createSettledSecurity", config, { ...facts, hooks: [...hooks, "done"] });
  return call<SecurityConfig>(module, async ? "createAsyncSecurity" : "createSecurity", config, facts);
}

/** A step for an operation that everybody may call: credentials for others go no further than the gateway. */
export const lowerConcealment = (concealed: readonly string[]): Extract<LoweredPolicy, { kind: "call" }> =>
  call<ConcealmentConfig>(
    module,
    "createConcealment",
    { schemes: concealed.map(schemeNode) },
    { hooks: ["upstreamRequest"], summary: `without credentials of ${list(concealed)}` },
  );

const schemeNode = (name: string) => resourceRef("identity", name);

/** Spec and policy often require the same. */
function distinct(requirements: readonly (readonly SecurityAlternativeIr[])[]): (readonly SecurityAlternativeIr[])[] {
  return [...new Map(requirements.map((requirement) => [JSON.stringify(requirement), requirement])).values()];
}

/** Of several requirements, each with alternatives stands in parentheses. */
function describeAll(requirements: readonly (readonly SecurityAlternativeIr[])[]): string {
  if (requirements.length === 1) return describe(requirements[0]!);
  return list(requirements.map((one) => (one.length === 1 ? describe(one) : `(${describe(one)})`)));
}

/** `partnerKey [admin] or bearerAuth with mtls`. */
function describe(alternatives: readonly SecurityAlternativeIr[]): string {
  const texts = alternatives.map(({ schemes }) =>
    schemes
      .map(({ name, scopes, isUnverified }) => {
        const granting = scopes.length === 0 ? name : `${name} [${scopes.join(", ")}]`;
        return isUnverified ? `${granting} passed through` : granting;
      })
      .join(" with "),
  );
  return list(texts, "or");
}
