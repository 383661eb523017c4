import { describe, expect, it, test } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { createResourceMetadata, withMetadata } from "../../../runtime/identity/resource-metadata.ts";
import { compileProject } from "../../harness/compile-project.ts";

const made = (resource: string, path = "/v1") =>
  createResourceMetadata({ resource: resource as StartValue, path, option: "identity.schemes.login.jwt.resource" });

describe("the metadata of a protected resource that a challenge names (RFC 9728 §3.1, §5.1)", () => {
  it.each([
    ["https://things.example.com/v1", "/v1", "https://things.example.com/.well-known/oauth-protected-resource/v1"],
    ["https://things.example.com/v1/", "/v1", "https://things.example.com/.well-known/oauth-protected-resource/v1"],
    ["https://things.example.com", "", "https://things.example.com/.well-known/oauth-protected-resource"],
    ["http://localhost:8080/", "", "http://localhost:8080/.well-known/oauth-protected-resource"],
  ])("of %s", (resource, path, location) => {
    expect(made(resource, path).parameter).toBe(`, resource_metadata="${location}"`);
  });

  it("stands behind each realm of a field with several challenges", () => {
    const challenge = 'Bearer realm="login", DPoP realm="login", algs="ES256"';
    const metadata = made("https://a.example/v1");
    const parameter = 'resource_metadata="https://a.example/.well-known/oauth-protected-resource/v1"';
    expect(withMetadata(challenge, 'realm="login"', metadata)).toBe(
      `Bearer realm="login", ${parameter}, DPoP realm="login", ${parameter}, algs="ES256"`,
    );
    expect(withMetadata(challenge, 'realm="login"', undefined)).toBe(challenge);
  });

  it.each([
    ["https://things.example.com/v2", /whose path is another than `\/v1`/],
    ["https://things.example.com/v1?a=b", /whose path is another/],
    ["things.example.com/v1", /becomes no `http` or `https` URL/],
    ["https://user:secret@things.example.com/v1", /becomes no `http` or `https` URL/],
    ['https://things.example.com/v1"x', /becomes no `http` or `https` URL/],
  ])("does not start with %s", (resource, message) => {
    expect(() => made(resource)).toThrow(message);
  });
});

const gateway = (schemes: object) => ({
  gateway: "shop",
  compatibility: "2026-12-01",
  listeners: { public: { port: 8080 } },
  services: { orders: { endpoints: ["http://127.0.0.1:9001"] } },
  identity: { schemes },
  routes: {
    orders: {
      match: { path: "/orders", methods: ["GET"] },
      service: "orders",
      policies: { security: Object.keys(schemes).map((name) => ({ [name]: [] })) },
    },
  },
});

async function documents(schemes: object): Promise<readonly (readonly [string, unknown])[]> {
  const { ir, diagnostics } = await compileProject(new Map([["gateway.yaml", JSON.stringify(gateway(schemes))]]));
  expect(diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code}: ${message}`)).toEqual(
    [],
  );
  return ir!.operations.flatMap(({ match, steps, access }) => {
    const respond = steps.find(({ policy }) => policy === "respond");
    if (respond === undefined) return [];
    expect(access.kind).toBe("public");
    return [[match.path.template, JSON.parse((respond.config as { readonly body: string }).body)] as const];
  });
}

const jwt = (change: object) => ({ jwt: { issuer: "https://login.example.com/", audience: "shop", ...change } });

test("schemes that protect one resource have one document, with the issuers of all", async () => {
  const resource = "https://orders.example.com/v1";
  const found = await documents({
    staff: jwt({ resource, dpop: { required: true } }),
    customers: jwt({ resource, issuer: "https://customers.example.com/" }),
  });
  const document = {
    resource,
    authorization_servers: ["https://customers.example.com/", "https://login.example.com/"],
    bearer_methods_supported: ["header"],
    dpop_signing_alg_values_supported: ["ES256", "EdDSA", "RS256", "PS256"],
  };
  expect(found).toEqual([
    ["/.well-known/oauth-protected-resource", document],
    ["/.well-known/oauth-protected-resource/v1", document],
  ]);
});

test("two resources are told apart by their paths, and nothing is said of the host as a whole", async () => {
  const found = await documents({
    one: jwt({ resource: "https://orders.example.com/one", from: { query: "token" } }),
    two: jwt({ resource: "https://orders.example.com/two", from: { cookie: "token" }, dpop: { required: true } }),
  });
  expect(found.map(([path]) => path)).toEqual([
    "/.well-known/oauth-protected-resource/one",
    "/.well-known/oauth-protected-resource/two",
  ]);
  expect(found[0]![1]).toMatchObject({ bearer_methods_supported: ["query"] });
  expect(found[1]![1]).toMatchObject({ dpop_bound_access_tokens_required: true });
  expect(found[1]![1]).not.toHaveProperty("bearer_methods_supported");
});

test("no scheme with a resource: no operation of the gateway's own", async () => {
  expect(await documents({ login: jwt({}) })).toEqual([]);
});
