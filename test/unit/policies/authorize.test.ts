import { describe, expect, it } from "vitest";
import { celTypes, checkExpression, policyEnvironment, type Schema, SchemaTypes } from "../../../compiler/expressions/index.ts";
import { type EmittedIr, emitted } from "../../../compiler/ir/emitted.ts";
import { authorize } from "../../../compiler/policies/authorize/index.ts";
import type { PolicyContext } from "../../../compiler/policy/contract.ts";
import type { Exchange, Expression, Identity, SecurityScheme } from "../../../runtime/exchange/exchange.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { createDemands, type DemandsConfig } from "../../../runtime/policies/authorize/demands.ts";
import type { AuthorizeOptions } from "../../../schema/policies.gen.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { fakeOrigin, fakePolicyContext } from "../../harness/fake-policy-context.ts";
import { interpretExpression } from "../../reference/expression-bindings.ts";

const claims = {
  type: "object",
  properties: { acr: { type: "string" }, auth_time: { type: "integer" } },
};

/** What the policy makes of its options where a scheme tells of the claims, and what is wrong with them. */
function lowered(options: AuthorizeOptions, schema?: Schema) {
  const problems: string[] = [];
  const types = new SchemaTypes(() => undefined);
  const tells = schema === undefined ? {} : { claims: types.typeOf(schema, "the claims"), tells: { claims: "always" as const } };
  const environment = policyEnvironment({ identity: tells });
  const context: PolicyContext = {
    ...fakePolicyContext(),
    schemes: ["bearerAuth"],
    expression(text) {
      const checked = checkExpression(text, environment, celTypes.bool);
      const origin = fakeOrigin("");
      for (const problem of checked.problems) problems.push(problem.diagnose(origin).code);
      return checked.expression === undefined ? undefined : emitted("expression", { ...checked.expression, origin });
    },
  };
  const step = authorize.lower(options, context);
  // Where nothing is left to demand, it was reported why.
  if (step.kind !== "call" && problems.length === 0) throw new Error(`lowered to ${step.kind}`);
  return { config: (step.kind === "call" ? step.config : {}) as unknown as DemandsConfig, problems };
}

const scheme = {
  name: "bearerAuth",
  challenge: 'Bearer realm="shop"',
  insufficientChallenge: (needs: readonly string[]) => `Bearer error="insufficient_scope", scope="${needs.join(" ")}"`,
} as SecurityScheme;

/** Status and challenge for an identity. */
function answer(options: AuthorizeOptions, about: Partial<Identity>, schema: Schema = claims) {
  const { config, problems } = lowered(options, schema);
  expect(problems).toEqual([]);
  // What `lower` made has nodes in the places of functions.
  const run = (node: unknown): Expression<boolean> =>
    interpretExpression((node as EmittedIr<"expression">).data) as unknown as Expression<boolean>;
  const policy = createDemands({
    ...config,
    passes: run(config.passes),
    demands: config.demands.map((demand) => ({ ...demand, require: run(demand.require) })),
    schemes: [scheme],
  });
  const identity = { subject: "ann", scheme: "bearerAuth", roles: [], scopes: [], ...about };
  const x: Exchange = fakeExchange({ identity });
  return policy.request(x) ? [x.answer!.status, x.answer!.headers.get("www-authenticate")] : "passes";
}

describe("authorize asks for another login (RFC 9470)", () => {
  const ago = (seconds: number): number => Math.floor(clock.wall() / 1000) - seconds;

  it("where the authentication context is not one of those, and says which would do", () => {
    const options: AuthorizeOptions = { acr: ["urn:example:mfa", "urn:example:key"] };
    expect(answer(options, { claims: { acr: "urn:example:mfa" } })).toBe("passes");
    const required = { ...claims, required: ["acr"] };
    expect(answer(options, { claims: { acr: "urn:example:key" } }, required)).toBe("passes");
    const challenge =
      'Bearer realm="shop", error="insufficient_user_authentication", acr_values="urn:example:mfa urn:example:key"';
    expect(answer(options, { claims: { acr: "urn:example:password" } })).toEqual([401, challenge]);
    // No claims, none of that name, and one of another type say nothing.
    for (const said of [undefined, {}, { acr: ["urn:example:mfa"] }, { acr: null }])
      expect(answer(options, said === undefined ? {} : { claims: said })).toEqual([401, challenge]);
  });

  it("where the login was too long ago, is still to come, or nobody says when it was", () => {
    const options: AuthorizeOptions = { maxAge: "5m" };
    const refused = [401, 'Bearer realm="shop", error="insufficient_user_authentication", max_age="300"'];
    expect(answer(options, { claims: { auth_time: ago(290) } })).toBe("passes");
    for (const auth_time of [ago(310), ago(-3600), undefined, null, "now", 1e300])
      expect(answer(options, { claims: { auth_time } })).toEqual(refused);
  });

  it("and says all that it wants of it at once", () => {
    const [, challenge] = answer({ acr: ["mfa"], maxAge: "1h" }, { claims: { acr: "mfa", auth_time: ago(7200) } });
    expect(challenge).toContain('acr_values="mfa", max_age="3600"');
  });

  it("only where a scheme of the operation tells of the claims", () => {
    expect(lowered({ acr: ["mfa"] }).problems).not.toEqual([]);
    expect(
      lowered({ maxAge: "5m" }, { type: "object", properties: { acr: { type: "string" } }, additionalProperties: false })
        .problems,
    ).not.toEqual([]);
  });
});

describe("authorize refuses who lacks scopes", () => {
  it("with the challenge of the scheme, which names them (RFC 6750 §3.1)", () => {
    const options: AuthorizeOptions = { scopes: { allOf: ["orders:read", "orders:write"] } };
    expect(answer(options, { scopes: ["orders:write", "orders:read"] })).toBe("passes");
    expect(answer(options, { scopes: ["orders:read"] })).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="orders:read orders:write"',
    ]);
  });

  it("by whole names: neither `orders` nor `read` is `orders:read`", () => {
    const options: AuthorizeOptions = { scopes: { anyOf: ["orders:read"] } };
    for (const scopes of [["orders"], ["read"], ["orders:read "], ["orders:reader"], []])
      expect(answer(options, { scopes })[0]).toBe(403);
  });

  it("and lacks of roles without one", () => {
    expect(answer({ roles: { allOf: ["buyer"] } }, { roles: ["clerk"] })).toEqual([403, undefined]);
  });
});

describe("authorize asks all of its conditions at once", () => {
  const states = {
    true: "identity.subject == 'ann'",
    false: "identity.subject == 'bob'",
    "without a value": "1 / size(identity.roles) == 5",
  } as const;
  type State = keyof typeof states;
  const all = Object.keys(states) as State[];
  // What `lower` made has nodes in the places of functions.
  const run = (node: unknown): Expression<boolean> =>
    interpretExpression((node as EmittedIr<"expression">).data) as unknown as Expression<boolean>;
  const never = (() => false) as unknown as Expression<boolean>;

  /** With the question that comes first, and with each condition asked on its own. */
  function verdicts(options: AuthorizeOptions): readonly [boolean, boolean] {
    const { config, problems } = lowered(options);
    expect(problems).toEqual([]);
    const each: DemandsConfig = {
      ...config,
      passes: never,
      allow: config.allow.map(run),
      demands: config.demands.map((demand) => ({ ...demand, require: run(demand.require) })),
      rules: config.rules.map((rule) => ({
        ...rule,
        when: rule.when === undefined ? undefined : run(rule.when),
        require: run(rule.require),
      })),
    };
    const identity = { subject: "ann", scheme: "bearerAuth", roles: [], scopes: [] };
    const refuses = (passes: Expression<boolean>): boolean =>
      createDemands({ ...each, passes }).request(fakeExchange({ identity }));
    return [refuses(run(config.passes)), refuses(never)];
  }

  it.each(all.flatMap((allow) => all.map((require) => [allow, require] as const)))(
    "and decides as each of them does: an exception that is %s, a demand that is %s, and one or two rules",
    (allow, require) => {
      for (const when of [...all, undefined])
        for (const demanded of all)
          for (const other of [...all, "no"] as const) {
            const [atOnce, each] = verdicts({
              allow: [{ name: "some", if: states[allow] }],
              require: states[require],
              rules: [
                { ...(when === undefined ? {} : { when: states[when] }), require: states[demanded] },
                ...(other === "no" ? [] : [{ when: states[other], require: states[demanded] }]),
              ],
            });
            expect([when, demanded, other, atOnce]).toEqual([when, demanded, other, each]);
          }
    },
  );

  it("so that a request that passes is asked once", () => {
    const { config } = lowered({ roles: { allOf: ["buyer"] }, require: "identity.subject == 'ann'" });
    const identity = { subject: "ann", scheme: "bearerAuth", roles: ["buyer"], scopes: [] };
    const asked = (() => {
      throw new Error("a condition was asked on its own");
    }) as unknown as Expression<boolean>;
    const demands = config.demands.map((demand) => ({ ...demand, require: asked }));
    const policy = createDemands({ ...config, passes: run(config.passes), demands });
    expect(policy.request(fakeExchange({ identity }))).toBe(false);
  });
});
