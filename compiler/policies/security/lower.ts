import type { DampedSecurityConfig } from "../../../runtime/policies/security/damped.ts";
import type {
  ConcealmentConfig,
  SecurityConfig,
  SinglePresenceConfig,
  SingleSecurityConfig,
} from "../../../runtime/policies/security/index.ts";
import type { PrivateAnswersConfig } from "../../../runtime/policies/security/private-answers.ts";
import type { SettledSecurityConfig } from "../../../runtime/policies/security/settled.ts";
import type { Lowered, MakeIr } from "../../ir/config.ts";
import type { SchemeWay, SecurityAlternativeIr, SecurityRequirementIr } from "../../ir/gateway.ts";
import { resourceRef } from "../../ir/resource.ts";
import type { Hook } from "../../ir/step.ts";
import { type AccessDemands, call, type LoweredPolicy } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";

const module = "policies/security";

type Guards = AccessDemands["guards"];

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
  guards: Guards = { revoked: false, damping: false },
): Extract<LoweredPolicy, { kind: "call" }> {
  // An empty alternative would let everybody in, and no requirement at all as well.
  const required = distinct(requirements.map(({ alternatives }) => alternatives.filter(({ schemes }) => schemes.length > 0)));
  if (required.length === 0 || required.some((alternatives) => alternatives.length === 0)) {
    throw new Error("lowerSecurity needs requirements that name a scheme");
  }
  const uses = required.flat().flatMap(({ schemes }) => schemes);
  const async = uses.some(({ name }) => wayOf(name).async);
  const body = uses.some(({ name }) => wayOf(name).readsBody) ? { body: "buffered" as const } : {};
  const isConcealing = concealed.length > 0 || uses.some(({ name }) => wayOf(name).passesAll !== true);
  // Without the second one, requests are forwarded as they came.
  const hooks: readonly Hook[] = isConcealing ? ["request", "upstreamRequest"] : ["request"];
  const facts = { hooks, mayAnswer: true, async, ...body, summary: summaryOf(required, optional, guards) };
  const [first] = uses;
  const isSingle = uses.length === 1 && !optional && !async && concealed.length === 0;
  if (isSingle && first!.isUnverified)
    return damped(call<SinglePresenceConfig>(module, "createSinglePresence", { scheme: schemeNode(first!.name) }, facts), guards);
  const revocations = guards.revoked ? { revocations: resourceRef("credentials", "revoked") } : {};
  const from = guards.revoked ? `${module}/revocable` : module;
  const kind = guards.revoked ? "Revocable" : "";
  const inQuery = distinctNames(uses.map(({ name }) => name).filter((name) => wayOf(name).tokenInQuery));
  if (isSingle && first!.scopes.length === 0) {
    const config = { scheme: schemeNode(first!.name), ...revocations };
    return answeredPrivately(
      damped(call<SingleSecurityConfig>(from, `create${kind}SingleSecurity`, config, facts), guards),
      inQuery,
    );
  }
  const config = {
    requirements: required.map((alternatives) =>
      alternatives.map(({ schemes }) =>
        schemes.map(({ name, scopes, isUnverified }) => ({ scheme: schemeNode(name), needs: isUnverified ? [] : scopes })),
      ),
    ),
    optional,
    ...(concealed.length === 0 ? {} : { conceal: concealed.map(schemeNode) }),
    ...revocations,
  };
  const settling = distinctNames(uses.map(({ name }) => name).filter((name) => wayOf(name).settles));
  const step = damped(call<SecurityConfig>(from, `create${kind}${async ? "Async" : ""}Security`, config, facts), guards);
  return answeredPrivately(settled(step, settling), inQuery);
}

/** The step, and what slows those whose credentials it refuses. Only they wait. */
function damped(step: SecurityStep, { damping }: Guards): SecurityStep {
  if (!damping) return step;
  const config = { security: madeOf(step), damping: resourceRef("credentials", "damping") };
  return {
    ...around<DampedSecurityConfig>(step, "damped", "createDampedSecurity", config),
    async: step.async === true ? true : "seldom",
  };
}

/** The step, and schemes that are told of the end of the exchange. */
function settled(step: SecurityStep, schemes: readonly string[]): SecurityStep {
  if (schemes.length === 0) return step;
  const config = { security: madeOf(step), schemes: schemes.map(schemeNode) };
  return {
    ...around<SettledSecurityConfig>(step, "settled", "createSettledSecurity", config),
    hooks: [...step.hooks, "done"],
  };
}

/** The step, and answers that no shared cache may keep. */
function answeredPrivately(step: SecurityStep, schemes: readonly string[]): SecurityStep {
  if (schemes.length === 0) return step;
  const config = { security: madeOf(step), schemes };
  return {
    ...around<PrivateAnswersConfig>(step, "private-answers", "createPrivateAnswers", config),
    hooks: [...step.hooks, "response"],
  };
}

/** The step with another one around it, which is all the same but for its factory. */
function around<Config extends object>(step: SecurityStep, file: string, name: string, lowered: Lowered<Config>): SecurityStep {
  const { factory, config } = call<Config>(`${module}/${file}`, name, lowered, { hooks: step.hooks, summary: step.summary });
  return { ...step, factory, config };
}

const madeOf = ({ factory, config }: SecurityStep): MakeIr => ({ kind: "make", factory, config });

const distinctNames = (names: readonly string[]): string[] => [...new Set(names)];

type SecurityStep = Extract<LoweredPolicy, { kind: "call" }>;

const summaryOf = (required: Parameters<typeof describeAll>[0], optional: boolean, { revoked, damping }: Guards): string =>
  [describeAll(required), optional ? "optional" : "", revoked ? "unless revoked" : "", damping ? "damped" : ""]
    .filter((part) => part !== "")
    .join(", ");

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
