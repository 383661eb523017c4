import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { verifiedSchemes } from "../../ir/access.ts";
import { freeze } from "../../ir/freeze.ts";
import { type GatewayIr, irVersion, type OperationIr } from "../../ir/gateway.ts";
import { runsBeforeOptions } from "../../ir/options-steps.ts";
import type { SchemaIr } from "../../ir/schema.ts";
import { decidingFields } from "../../routing/deciding-fields.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { settleAccess } from "./access.ts";
import { checkAnswerFields } from "./answer-fields.ts";
import { withStepsBeside } from "./beside.ts";
import { checkBodyMemory } from "./body-memory.ts";
import { cachingInUse, checkCaching } from "./caching.ts";
import { checkClaimedParameters } from "./claimed-parameters.ts";
import { checkClientCertificates } from "./client-certificates.ts";
import { ContractCache } from "./contract-cache.ts";
import { checkCredentials, credentialsInUse } from "./credentials.ts";
import { experimentsIn } from "./experiments.ts";
import { Exporters } from "./exporters.ts";
import { OperationExpressions } from "./expressions.ts";
import { geoInUse } from "./geo.ts";
import { checkGuardrails } from "./guardrails/index.ts";
import { checkIdentityFields, identityFieldsOf } from "./identity-fields.ts";
import { checkListeners } from "./listeners.ts";
import { secretParameters } from "./message-secrets.ts";
import { measuredSteps } from "./objectives.ts";
import { withStepsOfGet } from "./of-get.ts";
import { orderSteps } from "./order.ts";
import { checkOwnAddress } from "./own-address.ts";
import { checkRequestTime } from "./request-time.ts";
import { checkRetries } from "./retries.ts";
import { checkRoutes } from "./route/report.ts";
import { ruleListsOf } from "./rule-lists.ts";
import { checkSchemes, credentialFields, credentialNames } from "./schemes.ts";
import { authenticationToServices } from "./service-authentication.ts";
import { concurrencyOfServices } from "./service-concurrency.ts";
import { checkServices } from "./services.ts";
import { checkSharedLimits } from "./shared-limits.ts";
import { checkStaleFallbacks } from "./stale-fallbacks.ts";
import { type LoweredPolicies, lowerPolicies } from "./steps.ts";
import { Stores } from "./stores.ts";
import { settleTarget } from "./target.ts";
import { toldByCredentials } from "./told-credentials.ts";
import { checkToldToNobody } from "./told-to-nobody.ts";
import { toldByTokens } from "./told-tokens.ts";
import { unmatchedErrors } from "./unmatched-errors.ts";
import { varyStep } from "./vary.ts";
import { checkWarming, withWarming } from "./warming.ts";
import { acceptedWays, checkWaysAround } from "./way-around/report.ts";
import { checkWhole } from "./whole.ts";

export { ContractCache } from "./contract-cache.ts";

/**
 * Third phase: every policy checks and lowers its options, and the gateway is checked as one program: who may reach
 * what (security coverage, guardrails), what needs what (dataflow), which route answers what (route algebra).
 */
export function check(linked: LinkedGateway, sink: DiagnosticSink, cache = new ContractCache()): GatewayIr {
  const { file } = linked;
  const credentials = credentialNames(linked);
  const contracts = cache.open(linked, credentials, sink);
  const stores = new Stores(linked, sink);
  const exporters = new Exporters(linked);
  const schemes = checkSchemes(linked, stores, sink);
  const guards = checkCredentials(linked, stores, sink);
  const caching = checkCaching(linked, stores, sink);
  let secrets: readonly string[] | undefined;
  const names = {
    gateway: file.gateway,
    credentials,
    // Asked for by few, and once for all operations.
    secretParameters: () => (secrets ??= secretParameters(linked.operations)),
    services: Object.keys(file.services ?? {}),
    deprecated: linked.operations.filter(({ spec }) => spec?.operation.deprecated === true).map(({ id }) => id),
    stores,
    exporters,
    ruleLists: ruleListsOf(linked),
    purges: caching.purges,
    warming: caching.warming,
  };
  const effects: LoweredPolicies["effects"][] = [];
  const identityFields = identityFieldsOf(linked);
  const { ir: listeners, isWhole } = checkListeners(linked, identityFields, sink);
  const deciding = decidingFields(linked.operations);
  const checked = linked.operations.map((operation, index): OperationIr => {
    const access = settleAccess(operation, schemes, guards, linked, sink);
    const expressions = new OperationExpressions(operation, access.ir, schemes, linked, contracts, sink);
    const lowered = lowerPolicies(
      operation.policies,
      operation,
      { ...names, schemes: verifiedSchemes(access.ir), credentialFields: credentialFields(access.ir, linked) },
      expressions,
      contracts,
      sink,
      (early) => [
        ...toldByCredentials(operation, access.ir, early, schemes, linked),
        ...toldByTokens(operation, access.ir, early, schemes, linked),
      ],
    );
    effects.push(lowered.effects);
    const steps = orderSteps(
      [
        ...access.steps,
        ...lowered.steps,
        ...varyStep(deciding[index]!, operation),
        ...concurrencyOfServices(operation, lowered, linked),
        ...authenticationToServices(operation, access.ir, lowered, schemes, linked, sink),
      ],
      operation,
      access.ir,
      sink,
    );
    checkAnswerFields(steps, sink);
    const ir: OperationIr = {
      kind: "operation",
      id: operation.id,
      operationId: operation.operationId,
      api: operation.api,
      version: operation.version,
      tags: operation.tags,
      match: operation.match,
      access: access.ir,
      ...acceptedWays(operation),
      ...(lowered.remarks.length === 0 ? {} : { remarks: lowered.remarks }),
      steps,
      forward: settleTarget(operation, lowered, steps, file, contracts, sink),
      ...(lowered.objectives === undefined ? {} : { objectives: lowered.objectives }),
      origin: operation.origin,
    };
    if (isWhole) checkClaimedParameters(ir, contracts.of(operation)?.parameters ?? [], listeners.public, credentials, sink);
    const carrying = verifiedSchemes(access.ir).flatMap((name) => schemes.fieldOf(name) ?? []);
    checkIdentityFields(ir, identityFields, [...credentials, ...carrying], sink);
    return ir;
  });
  const operations = withStepsOfGet(withStepsBeside(checked));
  const routing: GatewayIr["routing"] = { trailingSlash: file.routing?.trailingSlash ?? "strict" };
  checkRoutes(operations, routing, sink);
  const services = checkServices(linked, operations, stores, sink);
  checkRetries(operations, services, sink);
  checkStaleFallbacks(linked, operations, sink);
  if (isWhole) checkRequestTime(operations, services, listeners.public, linked, sink);
  checkOwnAddress(linked, sink);
  checkWaysAround(linked, { operations, services, routing, schemas: contracts.schemas }, sink);
  const guarded = checkGuardrails(linked, operations, services, effects, routing, sink);
  const lowerUnmatched = (policies: typeof linked.gatewayPolicies): LoweredPolicies["steps"] => {
    const expressions = new OperationExpressions(undefined, undefined, schemes, linked, contracts, sink);
    return lowerPolicies(policies, undefined, { ...names, schemes: [], credentialFields: [] }, expressions, contracts, sink)
      .steps;
  };
  const unmatchedSteps = unmatchedErrors(linked, operations, lowerUnmatched(linked.gatewayPolicies), lowerUnmatched);
  const unmatched = orderSteps(unmatchedSteps, undefined, undefined, sink);
  checkAnswerFields(unmatched, sink);
  checkWhole(linked, { operations, unmatched, services }, sink);
  if (isWhole) checkToldToNobody(operations, listeners, sink);
  checkSharedLimits(operations, sink);
  checkBodyMemory(linked, operations, sink);
  const usedSchemes = schemes.inUse(operations, linked, sink);
  if (isWhole) checkClientCertificates(operations, usedSchemes, listeners.public, linked, sink);
  checkWarming(operations, { routing, listeners }, linked, sink);
  const measured = measuredSteps(operations);
  const ir: Omit<GatewayIr, "geo"> = {
    irVersion,
    name: file.gateway,
    compatibility: file.compatibility,
    sources: linked.sources,
    listeners,
    routing,
    apis: linked.apis,
    ...exporters.inUse(sink),
    stores: stores.inUse(sink),
    ...experimentsIn(operations),
    ...credentialsInUse(guards, operations, linked, sink),
    ...cachingInUse(caching, operations, linked, sink),
    services,
    schemes: usedSchemes,
    schemas: withSchemas(contracts.schemas, schemes.schemas),
    operations: operations.map((operation, index) =>
      withOptions(withWarming(measured(operation), linked), file.routing?.options !== "answer" && !guarded.has(index)),
    ),
    unmatched: measured({ steps: unmatched }).steps,
  };
  return freeze({ ...ir, ...geoInUse(ir, linked, sink) });
}

/** In the order of their ids, as both are; the very list of the contracts where there is nothing to add, as caches know it. */
function withSchemas(known: readonly SchemaIr[], added: readonly SchemaIr[]): readonly SchemaIr[] {
  return added.length === 0 ? known : [...known, ...added].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** What `cors` does not answer may be for the service: it would answer preflights without the gateway. */
function withOptions(operation: OperationIr, mayForward: boolean): OperationIr {
  const { steps, forward } = operation;
  const isAnswered = forward.kind === "terminal" || steps.some(({ hooks }) => hooks.includes("preflight"));
  // Nobody is known, and no body was read, to make a request of.
  const lacks = steps.some(
    (step) =>
      step.requires.some((fact) => !fact.startsWith("answer")) &&
      (runsBeforeOptions(step) || step.hooks.includes("upstreamRequest")),
  );
  if (!mayForward || isAnswered || lacks) return operation;
  return { ...operation, forwardsOptions: true };
}
