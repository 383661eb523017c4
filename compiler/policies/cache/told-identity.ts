import type { ExpressionIr, TypedNode } from "../../ir/expression.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import type { Told } from "../../policy/told.ts";
import { list } from "../../text/words.ts";
import { callersCredential, toldIdentity, unkeyedClaim } from "./messages.gen.ts";

/** What `identity.subject` in a key stands for: see `whoOf` in `runtime/policies/cache/key.ts`. */
const whole: readonly string[] = ["identity.subject", "identity.scheme", "identity.issuer", "identity.tenant"];

/** The same, where one caller may have tokens with several. */
const grants: readonly string[] = ["identity.roles", "identity.scopes"];

/**
 * What the service gets may depend on more than who the caller is: it has the token, or what somebody decided by it. Then roles and scopes
 * are a part of the key along with the subject.
 */
export const isByGrants = ({ told }: Pick<PolicyContext, "told">): boolean =>
  told.some(({ token, isDecision }) => token !== undefined || isDecision);

const knownBy = (paths: readonly string[], context: PolicyContext): readonly string[] =>
  paths.includes("identity.subject") ? [...paths, ...whole, ...(isByGrants(context) ? grants : [])] : paths;

/** What is declared of the tokens that the service gets, and that is not in the key of a private cache. */
export function checkClaims(keys: readonly ExpressionIr[], context: PolicyContext): void {
  const read = keys.flatMap((key) => pathsIn(key.root));
  if (read.includes("identity.claims") || keys.some(({ reads }) => reads.headers.includes("authorization"))) return;
  const operation = context.operation!.operationId;
  for (const { token, origin } of context.told)
    for (const claim of token?.claims ?? []) {
      if (read.some((path) => path === `identity.claims.${claim}` || path.startsWith(`identity.claims.${claim}.`))) continue;
      const related = [{ origin, text: "whose tokens the service gets" }];
      context.report(
        unkeyedClaim(
          context.at("/key"),
          { operation, claim, scheme: token!.scheme, expression: textOfClaim(claim) },
          { related, alike: operation },
        ),
      );
    }
}

/** CEL for a claim as a text, empty where a token has none. Names that are no identifiers, or words of the language, are quoted. */
function textOfClaim(claim: string): string {
  const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(claim) && !["in", "true", "false", "null"].includes(claim);
  if (isName) return `has(identity.claims.${claim}) ? string(identity.claims.${claim}) : ''`;
  const name = `'${JSON.stringify(claim).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  return `${name} in identity.claims ? string(identity.claims[${name}]) : ''`;
}

/** What the service is told of who asks tells answers apart, or the author says why it does not. False: it was reported. */
export function checkTold(keys: readonly ExpressionIr[], isShared: boolean, context: PolicyContext): boolean {
  if (isShared) return true;
  const texts = keys.map(textOf);
  const paths = keys.flatMap((key) => plainPath(key.root) ?? []);
  const known = knownBy(paths, context);
  let isKnown = true;
  for (const told of context.told) {
    const unknown = [
      ...told.ofIdentity
        .filter((one) => !texts.includes(textOf(one)) && !pathsIn(one.root).every((path) => known.includes(path)))
        .map(textOf),
      ...((told.isWho || told.isDecision) && !known.includes("identity.subject") ? ["identity.subject"] : []),
    ];
    if (unknown.length === 0) continue;
    isKnown = false;
    report(told, [...new Set(unknown)], context);
  }
  return isKnown;
}

function report(told: Told, unknown: readonly string[], context: PolicyContext): void {
  const operation = context.operation!.operationId;
  const { credentialFor: service, origin } = told;
  if (service !== undefined) {
    const related = [{ origin, text: "takes it there" }];
    context.report(callersCredential(context.at("/key"), { operation, service }, { related, alike: operation }));
    return;
  }
  const expressions = list(unknown.map((text) => `\`${text}\``));
  const related = [
    { origin: told.origin, text: told.isDecision ? "tells what was decided of who asks" : "tells it to the service" },
  ];
  context.report(
    toldIdentity(context.at("/key"), { operation, policy: told.policy, expressions }, { related, alike: operation }),
  );
}

const textOf = ({ text }: ExpressionIr): string => text.trim();

/** `identity.claims.plan`, where that is all that an expression is. */
function plainPath(node: TypedNode): string | undefined {
  if (node.kind === "box" || node.kind === "narrow") return plainPath(node.operand);
  if (node.kind === "variable") return node.name.startsWith("identity.") ? node.name : undefined;
  if (node.kind !== "field") return undefined;
  const before = plainPath(node.operand);
  return before === undefined ? undefined : `${before}.${node.name}`;
}

/** Everything about the identity that an expression looks at, as far as its parts have names. */
function pathsIn(node: TypedNode): readonly string[] {
  const path = node.kind === "has" ? pathOfPart(node.operand, node.name) : (pathLookedUp(node) ?? plainPath(node));
  if (path !== undefined) return [path];
  return partsOf(node).flatMap(pathsIn);
}

/** `'plan' in identity.claims`: of all of them, only that one. */
function pathLookedUp(node: TypedNode): string | undefined {
  if (node.kind !== "call" || !["inMap", "inDyn"].includes(node.overload)) return undefined;
  const [name, map] = node.args;
  return name?.kind === "constant" && typeof name.value === "string" ? pathOfPart(map!, name.value) : undefined;
}

function pathOfPart(operand: TypedNode, name: string): string | undefined {
  const before = plainPath(operand);
  return before === undefined ? undefined : `${before}.${name}`;
}

/** Nodes below a node, whatever kind it is of: they are plain data. */
export const partsOf = (node: TypedNode): readonly TypedNode[] => Object.values(node).flatMap(nodesIn);

function nodesIn(value: unknown): readonly TypedNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (typeof value !== "object" || value === null) return [];
  // Types and places have neither both nor a `kind` of a node with a place.
  return "kind" in value && "at" in value && "type" in value ? [value as TypedNode] : Object.values(value).flatMap(nodesIn);
}
