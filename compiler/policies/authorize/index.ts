import type { AnswerDecisionConfig } from "../../../runtime/policies/authorize/answer.ts";
import type { DemandsConfig } from "../../../runtime/policies/authorize/demands.ts";
import type { AuthorizeConfig } from "../../../runtime/policies/authorize/index.ts";
import type { AuthorizeOptions } from "../../../schema/policies.gen.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { ConfigIr, Lowered } from "../../ir/config.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import { resourceRef } from "../../ir/resource.ts";
import { call, definePolicy, type LoweredPolicy, type PolicyContext } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";
import { lowerAnswer } from "./answer.ts";
import { allOf, anyOf, not } from "./combine.ts";
import { demandsOf, describeGrants } from "./demands.ts";
import { demandsNothing, unknownRules } from "./messages.gen.ts";
import { lowerRules } from "./rules.ts";

export const authorize = definePolicy<AuthorizeOptions>({
  name: "authorize",
  // A condition on the body is decided as soon as the body was read.
  stages: ["authorize", "validate"],
  onFailure: "closed",
  multiple: true,
  canRefuse: true,
  decidesAccess: true,
  after: ["validate"],
  proves: (lowered) => requirementOf(lowered),

  weakness({ allow = [] }, { lowered, isAlwaysTrue }) {
    const decision = answerDecisionOf(lowered);
    if (decision !== undefined && isAlwaysTrue(decision.visible)) return "it shows every answer";
    const config = configOf(lowered);
    if (config === undefined)
      return decision === undefined ? undefined : "it decides over answers alone: requests reach the service";
    const exceptions = "demands" in config ? config.allow : [];
    const exception = exceptions.findIndex((one) => isAlwaysTrue(one));
    if (exception >= 0) return `its exception \`${allow[exception]!.name}\` is for every request`;
    const require = requirementOf(lowered);
    if (require === undefined || !isAlwaysTrue(require)) return undefined;
    return `${"demands" in config ? "what it demands" : "its `require`"} is true for every request`;
  },

  check(options, context) {
    const { require, roles, scopes, rules, acr, maxAge, answer } = options;
    if ([require, roles, scopes, rules, acr, maxAge, answer].every((one) => one === undefined))
      context.report(demandsNothing(context.origin));
    const { names, find } = context.ruleLists;
    if (typeof rules === "string" && find(rules) === undefined)
      context.report(unknownRules(context.at("/rules"), { name: rules, suggestion: suggestion(rules, names) }));
  },

  lower(options, context) {
    const { require, detail } = options;
    const isPlain = Object.keys(options).every((name) => name === "require" || name === "detail");
    if (!isPlain) return lowerDemands(options, context);
    const expression = require === undefined ? undefined : context.expression(require, "/require", "bool");
    if (expression === undefined) return { kind: "nothing" };
    return call<AuthorizeConfig>(
      "policies/authorize",
      "createAuthorize",
      { require: expression, detail },
      { hooks: ["request"], mayAnswer: true, summary: require! },
    );
  },
});

function lowerDemands(options: AuthorizeOptions, context: PolicyContext): LoweredPolicy {
  const allow = (options.allow ?? []).flatMap(({ name, if: text }, index) => {
    const expression = context.expression(text, `/allow/${index}/if`, "bool");
    return expression === undefined ? [] : [{ name, if: expression }];
  });
  const demands = demandsOf(options, context);
  const rules = lowerRules(options.rules, context);
  const challenges = demands.some(({ scopes, stepUp }) => scopes !== undefined || stepUp !== undefined);
  const config = withPassing({
    allow: allow.map((one) => one.if),
    demands,
    rules,
    detail: options.detail,
    schemes: challenges ? context.schemes.map((name) => resourceRef("identity", name)) : [],
  });
  const remarks = allow.map(({ name, if: { text } }) => `\`authorize\` demands nothing else of ${name}: \`${text.trim()}\``);
  const { answer, detail } = options;
  if (answer !== undefined) return lowerAnswer(answer, config, { detail, remarks, summary: summaryOf(options) }, context);
  // Then it was reported what is wrong with all of them.
  if (config === undefined) return { kind: "nothing" };
  return call<DemandsConfig>("policies/authorize/demands", "createDemands", config, {
    hooks: ["request"],
    mayAnswer: true,
    ...(remarks.length === 0 ? {} : { remarks }),
    summary: summaryOf(options),
  });
}

function summaryOf({ require, roles, scopes, rules, allow, acr, maxAge }: AuthorizeOptions): string {
  const demands = [
    ...(acr === undefined ? [] : [`acr ${list(acr, "or")}`]),
    ...(maxAge === undefined ? [] : [`login within ${maxAge}`]),
    ...(roles === undefined ? [] : [describeGrants("role", roles)]),
    ...(scopes === undefined ? [] : [describeGrants("scope", scopes)]),
    ...(require === undefined ? [] : [require]),
    ...(rules === undefined ? [] : [typeof rules === "string" ? `rules ${rules}` : `${rules.length} rules`]),
  ].join("; ");
  return allow === undefined ? demands : `${list(allow.map(({ name }) => name))}, or ${demands}`;
}

type Configs = Lowered<AuthorizeConfig> | Lowered<DemandsConfig>;

/** What is true of every request that passes. */
function requirementOf(lowered: LoweredPolicy): ExpressionIr | undefined {
  const config = configOf(lowered);
  return config === undefined || !("demands" in config) ? config?.require : config.passes;
}

/** Undefined: there is nothing that it demands. */
function withPassing(config: Omit<Lowered<DemandsConfig>, "passes">): Lowered<DemandsConfig> | undefined {
  const { allow, demands, rules } = config;
  const demanded = [...demands.map(({ require }) => require), ...demandedBy(rules)];
  return demanded.length === 0 ? undefined : { passes: anyOf([...allow, allOf(demanded)]), ...config };
}

/** Every rule that is about the request holds, and where all have a `when`, some rule is. */
function demandedBy(rules: Lowered<DemandsConfig>["rules"]): readonly ExpressionIr[] {
  const conditions = rules.flatMap(({ when }) => when ?? []);
  // One alone has to be about it.
  if (rules.length === 1) return [...conditions, rules[0]!.require];
  const isAbout = conditions.length > 0 && conditions.length === rules.length ? [anyOf(conditions)] : [];
  return [...rules.map(({ when, require }) => (when === undefined ? require : anyOf([not(when), require]))), ...isAbout];
}

// The config is the one that `lower` made.
const anyConfigOf = (lowered: LoweredPolicy): Configs | Lowered<AnswerDecisionConfig> | undefined =>
  lowered.kind === "call" ? (lowered.config as ConfigIr as unknown as Configs | Lowered<AnswerDecisionConfig>) : undefined;

function answerDecisionOf(lowered: LoweredPolicy): Lowered<AnswerDecisionConfig> | undefined {
  const config = anyConfigOf(lowered);
  return config !== undefined && "visible" in config ? config : undefined;
}

/** What is demanded of requests. */
function configOf(lowered: LoweredPolicy): Configs | undefined {
  const config = anyConfigOf(lowered);
  return config !== undefined && "visible" in config ? (config.demands ?? undefined) : config;
}
