import type { ServiceAuthenticationConfig } from "../../../runtime/identity/outward/service-authentication.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { verifiedSchemes } from "../../ir/access.ts";
import type { Lowered } from "../../ir/config.ts";
import type { AccessIr } from "../../ir/gateway.ts";
import { resourceRef } from "../../ir/resource.ts";
import { policies } from "../../policies/registry.gen.ts";
import { call } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import { nothingToRelay } from "./messages.gen.ts";
import type { UnorderedStep } from "./order.ts";
import { reachedServices, serviceNamed } from "./reached-services.ts";
import { fieldsOf, type Schemes } from "./schemes.ts";
import type { LoweredPolicies } from "./steps.ts";

/** The step that has the credential of whichever service a request goes to, behind all that have a say in which it is. */
export function authenticationToServices(
  operation: LinkedOperation,
  access: AccessIr,
  lowered: LoweredPolicies,
  schemes: Pick<Schemes, "fieldOf">,
  linked: LinkedGateway,
  sink: DiagnosticSink,
): UnorderedStep[] {
  const { service, operationId, origin } = operation;
  const { chosen, fallbacks } = reachedServices(operation, lowered, linked);
  const authenticated = [...chosen, ...fallbacks].filter((name) => serviceNamed(name, linked.file)?.authenticate !== undefined);
  if (authenticated.length === 0) return [];
  const verifying = verifiedSchemes(access).filter((name) => schemes.fieldOf(name) === "authorization");
  const alternatives = access.kind === "public" ? access.optional : access.requirements.flatMap((one) => one.alternatives);
  const passes = alternatives
    .flatMap((alternative) => alternative.schemes)
    .some(({ name, isUnverified }) => isUnverified === true && fieldsOf(name, linked).includes("Authorization"));
  for (const name of authenticated) {
    const { exchange, relay } = linked.file.services![name]!.authenticate!;
    const kind = exchange !== undefined ? "exchange" : relay !== undefined ? "relay" : undefined;
    const isFound = verifying.length > 0 || (kind === "relay" && passes);
    if (kind === undefined || access.kind === "public" || isFound) continue;
    const at = linked.positions.key(linked.file.services![name]!.authenticate!, kind);
    const related = [{ origin, text: "reaches the service" }];
    sink.report(nothingToRelay(at, { kind, service: name, operation: operationId }, { related, alike: operationId }));
  }
  const config: Lowered<ServiceAuthenticationConfig> = {
    slot: { kind: "slot" },
    service: service?.name ?? "",
    credentials: authenticated.map((name) => ({ service: name, credential: resourceRef("serviceCredentials", name) })),
    schemes: verifying,
    passes,
  };
  const swaps = fallbacks.length > 0 || chosen.some((name) => serviceNamed(name, linked.file)?.fallback?.service !== undefined);
  const { kind: _kind, ...facts } = call<ServiceAuthenticationConfig>(
    `identity/outward/${swaps ? "fallback" : "service"}-authentication`,
    swaps ? "createFallbackAuthentication" : "createServiceAuthentication",
    config,
    {
      hooks: swaps ? ["request", "retarget", "upstreamRequest", "response"] : ["request", "upstreamRequest", "response"],
      mayAnswer: true,
      async: "seldom",
      fields: { request: ["authorization"], response: [] },
      summary: `the credential for ${list(authenticated)}`,
    },
  );
  const written = linked.file.services![authenticated[0]!]!;
  return [
    {
      step: {
        kind: "step",
        policy: "authenticate",
        ...facts,
        mode: "enforce",
        requires: [],
        provides: [],
        options: [],
        origin: linked.positions.key(written, "authenticate"),
      },
      stages: ["forward"],
      after: Object.keys(policies),
    },
  ];
}
