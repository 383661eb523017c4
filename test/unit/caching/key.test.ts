import { expect, it } from "vitest";
import { keyOf } from "../../../runtime/policies/cache/key.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { cacheConfig } from "../../policies/cache/support.ts";

const key = (isPeerTrusted: boolean, ...headers: string[]): string | undefined =>
  keyOf(fakeExchange({ isPeerTrusted, headers }), cacheConfig());

it("has what a proxy tells of scheme and host, where services believe it, and not who asked (traffic row 56)", () => {
  const plain = key(true);
  for (const name of ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix"])
    expect(key(true, name, "evil"), name).not.toBe(plain);
  expect(key(true, "Forwarded", "for=192.0.2.1;host=evil")).not.toBe(plain);
  expect(key(true, "Forwarded", "for=192.0.2.1, for=192.0.2.2;by=b", "X-Forwarded-For", "192.0.2.1")).toBe(plain);
  expect(key(false, "X-Forwarded-Host", "evil"), "nobody believes it").toBe(key(false));
});

it("tells callers of one name apart who are of two tenants", () => {
  const config = cacheConfig({ byIdentity: true });
  const of = (tenant: string): string | undefined =>
    keyOf(fakeExchange({ identity: { subject: "anna", scheme: "jwt", issuer: "i", roles: [], scopes: [], tenant } }), config);
  expect(of("a")).toBe(of("a"));
  expect(of("a")).not.toBe(of("b"));
});
