import { clientChooses } from "../../../expressions/proof/client-text.ts";
import { type Given, isProven, type Surroundings } from "../../../expressions/proof/index.ts";
import { unverified } from "../../../ir/access.ts";
import type { AccessIr, SchemeUseIr } from "../../../ir/gateway.ts";
import type { Origin } from "../../../ir/origin.ts";
import { policies } from "../../../policies/registry.gen.ts";
import { own } from "../../../text/own.ts";
import type { LinkedGateway, LinkedOperation } from "../../2-link/linked-gateway.ts";
import type { PolicyEffect } from "../steps.ts";
import type { Candidate, Selected } from "./selection.ts";

/** Why a request can reach the service, or an answer the client, without what a guardrail requires. */
export interface Lack {
  readonly origin: Origin;
  readonly text: string;
}

/** An operation with what its policies come to. */
export interface Subject extends Candidate {
  readonly effects: readonly PolicyEffect[];
}

/** A required scheme must be part of every alternative of some requirement. */
export function lacksScheme(name: string, { ir }: Subject, acceptPassThrough: boolean): Lack | undefined {
  const { access } = ir;
  const required = requiredSchemes(access).filter((scheme) => scheme.name === name);
  if (ir.forward.kind === "terminal" || required.some(({ isUnverified }) => acceptPassThrough || !isUnverified)) return undefined;
  if (required.length > 0) return { origin: access.origin, text: unverified };
  if (access.kind === "public") return { origin: access.origin, text: "it is public" };
  return { origin: access.requirements[0]?.origin ?? ir.origin, text: "a request can get in without it" };
}

/** Schemes without whose credential no request gets to the operation. */
const requiredSchemes = (access: AccessIr): readonly SchemeUseIr[] =>
  access.kind === "public"
    ? []
    : access.requirements.flatMap(({ alternatives: [first, ...others] }) =>
        (first?.schemes ?? []).filter(({ name }) =>
          others.every(({ schemes }) => schemes.some((scheme) => scheme.name === name)),
        ),
      );

/** A required policy has an effect on every request that reaches the service, of those that the guardrail speaks of. */
export function lacksPolicy(
  name: string,
  subject: Subject,
  selected: Selected,
  acceptPassThrough: boolean,
  linked: LinkedGateway,
): Lack | undefined {
  const { operation, ir, effects } = subject;
  const isTerminal = ir.forward.kind === "terminal";
  const { access, concerns } = policies[name] ?? {};
  // Who gets in is settled from spec and policies together.
  if (access !== undefined) {
    const text = access.lacks(ir.access, { acceptsPassThrough: acceptPassThrough, isTerminal });
    return text === undefined ? undefined : { origin: ir.access.origin, text };
  }
  if (isTerminal && concerns !== "answers") return undefined;
  const policy = operation.policies.find((candidate) => candidate.name === name);
  if (policy === undefined) return { origin: operation.origin, text: "no scope gives it one" };
  if (policy.off) return { origin: policy.origin, text: "it is switched off here" };
  const own = effects.filter((effect) => effect.policy === name);
  // What is missing was reported where it is wrong.
  if (own.length < policy.instances.length) return undefined;
  for (const around of selected.requests) {
    const lack = lacksEffect(own, around, subject, linked);
    if (lack !== undefined) return lack;
  }
  return undefined;
}

/** Whether some of the instances leave no request as it is, each by itself or together. */
function lacksEffect(
  own: readonly PolicyEffect[],
  around: Surroundings,
  { operation, ir, effects }: Subject,
  linked: LinkedGateway,
): Lack | undefined {
  const asked = {
    isAlwaysTrue: (expression: Given["expression"]) =>
      // Whoever wants to can send what the expression asks for; who somebody is, nobody can choose.
      isProven({ oneOf: [expression], orUndecided: !expression.reads.identity, around }),
    clientChooses: (what: Given["expression"] | { readonly header: string }) => {
      const fixed = provenFields(operation, ir.access, linked);
      return "header" in what ? !fixed.has(what.header) : clientChooses(what.root, (header) => fixed.has(header));
    },
  };
  const judged = own.map((effect) => ({
    effect,
    weakness: effect.mode === "report" ? "it only reports here" : effect.weakness(asked),
  }));
  const working = judged.filter(({ weakness }) => weakness === undefined).map(({ effect }) => effect);
  const [first] = working;
  if (first === undefined) return { origin: judged[0]!.effect.origin, text: judged[0]!.weakness! };
  if (working.some(({ when }) => when === undefined)) return undefined;
  const given = effects.filter(({ mode }) => mode === "enforce").flatMap(({ proves }) => proves ?? []);
  const oneOf = working.flatMap(({ when }) => when ?? []);
  if (isProven({ oneOf, orUndecided: !working.some(({ skipsUndecided }) => skipsUndecided), given, around })) return undefined;
  return { origin: first.origin, text: `it only runs where \`${first.when!.text.trim()}\`` };
}

/**
 * Header fields (lower case) that hold a credential which the gateway verified for every request to the operation, and that
 * its owner cannot write otherwise: of an API key every byte counts. Of `Authorization` neither case nor blanks do (RFC 9110
 * §11.4), tokens are issued anew at will, and signatures differ with each request.
 */
function provenFields(operation: LinkedOperation, access: AccessIr, linked: LinkedGateway): ReadonlySet<string> {
  const verified = requiredSchemes(access).filter(({ isUnverified }) => isUnverified !== true);
  const fields = verified.flatMap(({ name }) => {
    const isKey = own(linked.file.identity?.schemes, name)?.apiKey !== undefined;
    const declared = operation.api === undefined || !isKey ? undefined : linked.declaredSchemes.get(name)?.[0]?.value;
    return declared?.in === "header" && typeof declared.name === "string" ? [declared.name.toLowerCase()] : [];
  });
  return new Set(fields);
}
