import type { IdentityHeadersConfig } from "../../../runtime/policies/identity-headers/index.ts";
import type { SignedIdentityConfig } from "../../../runtime/policies/identity-headers/signed.ts";
import type { IdentityHeadersOptions, IdentityToken } from "../../../schema/policies.gen.ts";
import type { ValueType } from "../../ir/expression.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { signingKeys } from "../../resource/signing-keys.ts";
import { token } from "../../text/edits.ts";
import { parseDuration } from "../../text/formats.ts";
import { foldedField, unfitForIdentity } from "../../text/identity-fields.ts";
import { fieldTwice, noFieldForm, ownClaim, shortLife, unfitName } from "./messages.gen.ts";

export const identityHeaders = definePolicy<IdentityHeadersOptions>({
  name: "identityHeaders",
  stages: ["transform"],
  onFailure: "closed",

  identityFields: (options) => namesIn(options).map(({ name }) => name),

  check(options, context) {
    const seen = new Map<string, string>();
    for (const { name, at } of namesIn(options)) {
      const reason = unfitForIdentity(name);
      if (reason !== undefined) context.report(unfitName(context.at(at), { name, reason }));
      const first = seen.get(foldedField(name));
      if (first === undefined) seen.set(foldedField(name), at);
      else context.report(fieldTwice(context.at(at), { name }, { related: [{ origin: context.at(first), text: "the other" }] }));
    }
    if (options.jwt === undefined) return;
    for (const name of Object.keys(options.jwt.claims ?? {}))
      if (ownClaims.includes(name)) context.report(ownClaim(context.at(`/jwt/claims/${token(name)}`), { name }));
    if (parseDuration(options.jwt.lifeSpan) < shortestLife)
      context.report(shortLife(context.at("/jwt/lifeSpan"), { lifeSpan: options.jwt.lifeSpan }));
  },

  lower(options, context) {
    // Nothing is known of anybody; what clients say of it is withheld all the same.
    if (context.identity === "never") return { kind: "nothing" };
    const { jwt } = options;
    const fields = Object.entries(options.fields ?? {}).flatMap(([name, text]) => {
      const value = compiled(text, `/fields/${token(name)}`, context);
      if (value !== undefined && !hasFieldForm(value.data.type))
        context.report(noFieldForm(context.at(`/fields/${token(name)}`), { name }));
      return value === undefined ? [] : [{ name, value }];
    });
    const names = namesIn(options).map(({ name }) => name);
    const facts = { hooks: ["upstreamRequest"], fields: { request: names }, summary: names.join(", ") } as const;
    if (jwt === undefined)
      return call<IdentityHeadersConfig>("policies/identity-headers", "createIdentityHeaders", { fields }, facts);
    const keyAt = context.at("/jwt/key");
    return call<SignedIdentityConfig>(
      "policies/identity-headers/signed",
      "createSignedIdentity",
      {
        at: formatOrigin(context.origin),
        fields,
        header: jwt.header,
        keys: signingKeys(jwt.key, jwt.algorithm, keyAt),
        issuer: jwt.issuer ?? context.gateway,
        audience: jwt.audience,
        lifeMs: parseDuration(jwt.lifeSpan),
        claims: claimsOf(jwt, context),
      },
      { ...facts, roles: ["living"], summary: `${facts.summary} (${jwt.header}: ${jwt.algorithm} for ${jwt.audience})` },
    );
  },
});

/** What the gateway says in each token. */
const ownClaims: readonly string[] = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "scheme", "sub_iss"];

/** Milliseconds: a token is sent for half of its life, and its times are seconds. */
const shortestLife = 10_000;

const namesIn = ({ fields = {}, jwt }: IdentityHeadersOptions): { readonly name: string; readonly at: string }[] => [
  ...Object.keys(fields).map((name) => ({ name, at: `/fields/${token(name)}` })),
  ...(jwt === undefined ? [] : [{ name: jwt.header, at: "/jwt/header" }]),
];

const compiled = (text: string, pointer: string, context: PolicyContext) => context.expression(text, pointer, "any", "forwarded");

const claimsOf = ({ claims = {} }: IdentityToken, context: PolicyContext) =>
  Object.entries(claims).flatMap(([name, text]) => {
    const value = compiled(text, `/jwt/claims/${token(name)}`, context);
    return value === undefined ? [] : [{ name, value }];
  });

/** Scalars and lists of them; of what is known at run time only, nothing else is sent. */
function hasFieldForm(type: ValueType, isItem = false): boolean {
  if (type.kind === "union") return type.members.every((member) => hasFieldForm(member, isItem));
  if (type.kind === "list") return !isItem && hasFieldForm(type.element, true);
  return ["string", "int", "uint", "double", "bool", "timestamp", "null", "dyn"].includes(type.kind);
}
