import { describe, expect, it } from "vitest";
import { validatorOf } from "../../../compiler/ir/emitted.ts";
import type { SchemeContext } from "../../../compiler/resource/contract.ts";
import { jwtScheme } from "../../../compiler/resources/identity/jwt/index.ts";
import type { JwtOptions } from "../../../schema/resources.gen.ts";
import { fakeOrigin } from "../../harness/fake-policy-context.ts";

const context: SchemeContext = {
  name: "login",
  gateway: "shop",
  origin: fakeOrigin(""),
  declared: { type: "oauth2" },
  declaredAt: fakeOrigin("spec"),
  at: fakeOrigin,
  key: fakeOrigin,
  isWritten: () => true,
  secret: (from, pointer) => ({ kind: "secret", from, origin: fakeOrigin(pointer) }),
  validator: () => validatorOf("claims"),
  store: () => undefined,
  expression: () => undefined,
  report: ({ code }) => {
    throw new Error(code);
  },
};

const lowered = (change: Partial<JwtOptions>, about: Partial<SchemeContext> = {}) => {
  const options: JwtOptions = {
    issuer: "https://login.example.com/shop",
    audience: "shop",
    leeway: "30s",
    refresh: "5m",
    cooldown: "10s",
    maxStale: "24h",
    identity: { subject: "claims.sub" },
    ...change,
  };
  return jwtScheme.lower(options, { ...context, ...about });
};

/** What the run-time library is told, where it is plain data. */
const configOf = (change: Partial<JwtOptions>) =>
  lowered(change).config as unknown as {
    readonly issuers: readonly {
      readonly names: unknown;
      readonly keys: { readonly config: { readonly at?: unknown; readonly algorithms: readonly string[] } };
    }[];
    readonly identity: { readonly tenant: readonly string[] | null; readonly roles: readonly string[] | null };
    readonly grants: string;
  };

describe("where keys are looked for", () => {
  it("is the metadata of the issuer: below it (OpenID Connect Discovery §4), then in front of its path (RFC 8414 §3.1)", () => {
    expect(configOf({}).issuers[0]!.keys.config.at).toEqual({
      metadata: [
        "https://login.example.com/shop/.well-known/openid-configuration",
        "https://login.example.com/.well-known/oauth-authorization-server/shop",
      ],
    });
  });

  it("is where the configuration says, also for an issuer that is reached elsewhere than named (trap 1b.7)", () => {
    const discovery = "http://127.0.0.1:8080/realms/shop/.well-known/openid-configuration";
    expect(configOf({ discovery }).issuers[0]!.keys.config.at).toEqual({ metadata: [discovery] });
    expect(configOf({ jwks: { uri: "https://keys.example.com/" } }).issuers[0]!.keys.config.at).toEqual({
      uri: "https://keys.example.com/",
    });
  });

  it("for the tenants of Entra ID is what all of them share, and each is an issuer of its own (trap 1b.7)", () => {
    const { issuers, identity } = configOf({
      issuer: "https://login.microsoftonline.com/{tenantid}/v2.0",
      tenants: ["t1", "t2"],
    });
    expect(issuers[0]!.names).toEqual([
      { issuer: "https://login.microsoftonline.com/t1/v2.0", tenant: "t1" },
      { issuer: "https://login.microsoftonline.com/t2/v2.0", tenant: "t2" },
    ]);
    expect(issuers[0]!.keys.config.at).toMatchObject({
      metadata: expect.arrayContaining(["https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"]),
    });
    expect(identity.tenant).toEqual(["tid"]);
  });
});

describe("what a scheme tells", () => {
  it("names the exceptions that its authors made, with their reasons, for `coverage` (trap 1b.1)", () => {
    expect(lowered({}).remarks).toBeUndefined();
    expect(lowered({ audience: { any: "one API per issuer" }, withoutExpiry: "devices" }).remarks).toEqual([
      "login accepts tokens for any audience: “one API per issuer”",
      "login accepts tokens that never expire: “devices”",
    ]);
  });

  it("is scopes for `oauth2` and `openIdConnect`, and roles for `http` (OpenAPI 3.1 §4.8.30)", () => {
    const grants = (declared: object | undefined): unknown =>
      (lowered({}, { declared: declared as SchemeContext["declared"] }).config as { readonly grants?: unknown }).grants;
    expect([{ type: "oauth2" }, { type: "openIdConnect" }, undefined, { type: "http", scheme: "bearer" }].map(grants)).toEqual([
      "scopes",
      "scopes",
      "scopes",
      "roles",
    ]);
  });

  it("finds claims by paths that quote what has dots, slashes or colons (trap 10)", () => {
    const roles = (path: string | string[]): unknown =>
      configOf({ identity: { subject: "claims.sub", roles: path } }).identity.roles;
    expect([
      roles("claims.realm_access.roles"),
      roles('claims["https://shop.example/roles"]'),
      roles("claims.resource_access['my.app'].roles"),
      roles(["realm_access", "roles"]),
    ]).toEqual([
      ["realm_access", "roles"],
      ["https://shop.example/roles"],
      ["resource_access", "my.app", "roles"],
      ["realm_access", "roles"],
    ]);
  });

  it("has no part that lives where its keys cannot change", () => {
    expect(lowered({ jwks: { keys: [{ kty: "OKP" }] } }).roles).toBeUndefined();
    expect(lowered({ jwks: { file: "jwks.json" } }).roles).toEqual(["living"]);
  });
});

describe("where DPoP proofs are remembered", () => {
  const storeOf =
    (type: string): SchemeContext["store"] =>
    ({ store: name = "default" }) => ({
      name,
      type,
      mayFail: type !== "memory",
      ref: { kind: "resource", room: "stores", name },
    });
  const shown = (dpop: JwtOptions["dpop"], type = "redis") => {
    const { async, factory, summary } = lowered({ dpop }, { store: storeOf(type) });
    return [async, factory.module, summary.split(", ").slice(1).join(", ")];
  };

  it("is said of the scheme, with how far it reaches; only with a store it waits", () => {
    expect(shown({ required: true })).toEqual([false, "identity/jwt/live", ""]);
    expect(shown({ required: true, store: "default" })).toEqual([
      true,
      "identity/jwt/stored",
      "each DPoP proof once (store default)",
    ]);
    expect(shown({ required: true, store: "near" }, "memory")[2]).toBe(
      "each DPoP proof once (store near, which other instances do not share)",
    );
  });
});
