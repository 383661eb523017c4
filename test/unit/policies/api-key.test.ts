import crypto from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import type { SchemeContext } from "../../../compiler/resource/contract.ts";
import { apiKeyScheme } from "../../../compiler/resources/identity/api-key/index.ts";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { createStaticKeys, type StaticKeysConfig } from "../../../runtime/identity/api-key/static-keys.ts";
import { StartError } from "../../../runtime/life/start-error.ts";
import type { ApiKeyOptions } from "../../../schema/resources.gen.ts";
import { fakeExchange, fakeUpstreamRequest } from "../../harness/fake-exchange.ts";
import { fakeOrigin } from "../../harness/fake-policy-context.ts";

const acme = "acme-key-0123456789";
const globex = "globex-key-0123456789";

function config(
  change: Partial<StaticKeysConfig> = {},
  keys: Readonly<Record<string, string>> = { acme, globex },
): StaticKeysConfig {
  return {
    name: "partnerKey",
    in: "header",
    parameter: "x-api-key",
    challenge: 'ApiKey realm="partnerKey"',
    forward: "none",
    // The branded text of a start value.
    consumers: Object.entries(keys).map(([subject, key]) => ({
      subject,
      key: key as StartValue,
      roles: [`${subject}-role`],
      scopes: [],
    })),
    ...change,
  };
}

it("takes the shortest and the longest keys that may be, and in a header what a cookie could not hold", () => {
  for (const key of ["0123456789abcdef", "k".repeat(4096), '!"#,;\\~0123456789']) {
    const scheme = createStaticKeys(config({}, { acme: key }));
    expect(scheme.authenticate(fakeExchange({ headers: ["X-API-Key", key] }))).toMatchObject({ subject: "acme" });
  }
});

it("knows every key by its digest alone: what a wrong one costs does not grow with their number (S4)", () => {
  const compared = vi.spyOn(crypto, "timingSafeEqual");
  const hash = vi.spyOn(crypto, "hash");
  const keys = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`c${index}`, `key-of-consumer-${index}`]));
  const scheme = createStaticKeys(config({}, keys));
  hash.mockClear();
  expect(scheme.authenticate(fakeExchange({ headers: ["X-API-Key", "key-of-consumer-x"] }))).toBe("invalid");
  expect([hash.mock.calls.length, compared.mock.calls.length]).toEqual([1, 0]);
  vi.restoreAllMocks();
});

it("hashes no value that is longer than any key may be", () => {
  const hash = vi.spyOn(crypto, "hash");
  const scheme = createStaticKeys(config());
  hash.mockClear();
  const authenticate = (key: string): unknown => scheme.authenticate(fakeExchange({ headers: ["X-API-Key", key] }));
  expect(authenticate("k".repeat(4097))).toBe("invalid");
  expect(hash).not.toHaveBeenCalled();
  expect(authenticate("k".repeat(4096))).toBe("invalid");
  expect(hash).toHaveBeenCalledOnce();
  hash.mockRestore();
});

describe("a key in a header", () => {
  const scheme = createStaticKeys(config());
  const authenticate = (...headers: string[]): unknown => scheme.authenticate(fakeExchange({ headers }));

  it("tells whose key it is", () => {
    expect(authenticate("X-API-Key", acme)).toEqual({ subject: "acme", scheme: "partnerKey", roles: ["acme-role"], scopes: [] });
    expect(authenticate("x-api-KEY", globex)).toMatchObject({ subject: "globex" });
  });

  it("is absent where the header is", () => {
    expect(authenticate("Accept", "*/*", "X-API-Kez", acme)).toBe("absent");
  });

  it.each([
    ["an unknown key", ["X-API-Key", `${acme}0`]],
    ["the beginning of a key", ["X-API-Key", acme.slice(0, -1)]],
    ["an empty value", ["X-API-Key", ""]],
    ["two lines, even if they agree", ["X-API-Key", acme, "x-api-key", acme]],
    ["two keys in one line", ["X-API-Key", `${acme}, ${globex}`]],
    ["a value over 4 KiB", ["X-API-Key", "a".repeat(4097)]],
  ])("is invalid with %s", (_, headers) => {
    expect(authenticate(...headers)).toBe("invalid");
  });

  it("does not reach the service", () => {
    const upstream = fakeUpstreamRequest(fakeExchange({ headers: ["Accept", "*/*", "X-Api-Key", acme] }));
    scheme.conceal(upstream);
    expect(upstream.headers.lines).toEqual(["Accept", "*/*"]);
  });

  it("reaches the service where its authors say so", () => {
    const upstream = fakeUpstreamRequest(fakeExchange({ headers: ["X-Api-Key", acme] }));
    createStaticKeys(config({ forward: "credential" })).conceal(upstream);
    expect(upstream.headers.lines).toEqual(["X-Api-Key", acme]);
  });
});

describe("a key in the query", () => {
  const scheme = createStaticKeys(config({ in: "query", parameter: "api key" }, { acme: `${acme}+&=%` }));
  const authenticate = (query: string): unknown => scheme.authenticate(fakeExchange({ query }));

  it("is decoded as forms are", () => {
    expect(authenticate(`a=1&api+key=${encodeURIComponent(`${acme}+&=%`)}&b`)).toMatchObject({ subject: "acme" });
    expect(authenticate(`api%20key=${encodeURIComponent(`${acme}+&=%`)}`)).toMatchObject({ subject: "acme" });
  });

  it.each([
    ["absent", "a=1"],
    ["absent", ""],
    ["invalid", "api+key"],
    ["invalid", "api+key="],
    ["invalid", "api+key=%zz"],
    ["invalid", `api+key=${encodeURIComponent(`${acme}+&=%`)}&api%20key=x`],
  ])("is %s in `%s`", (result, query) => {
    expect(authenticate(query)).toBe(result);
  });

  it.each([
    ["", ""],
    ["a=1&b=%zz", "a=1&b=%zz"],
    ["api+key=x", ""],
    ["a=1&api%20key=x&&b=2&api+key", "a=1&&b=2"],
  ])("leaves of `%s` to the service `%s`", (query, left) => {
    const upstream = fakeUpstreamRequest(fakeExchange({ query }));
    scheme.conceal(upstream);
    expect(upstream.query).toBe(left);
  });
});

describe("a key in a cookie", () => {
  const scheme = createStaticKeys(config({ in: "cookie", parameter: "session" }));
  const authenticate = (...headers: string[]): unknown => scheme.authenticate(fakeExchange({ headers }));

  it("is found among the others", () => {
    expect(authenticate("Cookie", `a=1; session=${acme}; b=2`)).toMatchObject({ subject: "acme" });
    expect(authenticate("cookie", "a=1", "Cookie", `session=${globex}`)).toMatchObject({ subject: "globex" });
  });

  it.each([
    ["absent", ["Cookie", `Session=${acme}; xsession=${acme}; session`]],
    ["absent", ["Accept", `session=${acme}`]],
    ["invalid", ["Cookie", `session=${acme}; session=${acme}`]],
    ["invalid", ["Cookie", `session=${acme}`, "Cookie", "session="]],
    ["invalid", ["Cookie", "session="]],
  ])("is %s in %j", (result, headers) => {
    expect(authenticate(...headers)).toBe(result);
  });

  it("does not reach the service, and the other cookies do", () => {
    const headers = [
      "Cookie",
      `session=${acme}; a=1`,
      "Accept",
      "*/*",
      "cookie",
      `session=${acme}`,
      "Cookie",
      `b=2; session=x;c=3`,
    ];
    const upstream = fakeUpstreamRequest(fakeExchange({ headers }));
    scheme.conceal(upstream);
    expect(upstream.headers.lines).toEqual(["Accept", "*/*", "Cookie", "a=1", "Cookie", "b=2;c=3"]);
  });
});

describe("keys at start", () => {
  it.each([
    ["a short key", { acme: "0123456789abcde" }, {}, /`acme` has 15 characters/],
    ["an empty key", { acme: "" }, {}, /has 0 characters/],
    ["an over-long key", { acme: "x".repeat(4097) }, {}, /longer than 4096/],
    ["white space in a key", { acme: "acme-key-0123456789\n" }, {}, /white space and line breaks/],
    ["letters outside ASCII", { acme: "schlüssel-0123456789" }, {}, /visible ASCII/],
    ...['"', ",", ";", "\\"].map((sign): [string, Readonly<Record<string, string>>, Partial<StaticKeysConfig>, RegExp] => [
      `\`${sign}\`, which no cookie can hold (RFC 6265 §4.1.1)`,
      { acme: `acme${sign}key-0123456789` },
      { in: "cookie" },
      /visible ASCII other than/,
    ]),
    ["what no cookie can hold", { acme: "acme;key-0123456789" }, { in: "cookie" }, /visible ASCII other than/],
    ["one key for two", { acme, globex: acme }, {}, /`globex` is also the key of `acme`/],
  ] as const)("refuses %s", (_, keys, change, message) => {
    const start = (): unknown => createStaticKeys(config(change, keys));
    expect(start).toThrow(StartError);
    expect(start).toThrow(message);
    for (const key of Object.values(keys)) {
      if (key !== "") expect(start).not.toThrow(new RegExp(key.slice(0, 12).replaceAll(/[^a-z0-9-]/g, ".")));
    }
  });
});

describe("the definition", () => {
  const options = (change: Partial<ApiKeyOptions> = {}): ApiKeyOptions => ({
    keys: { acme: { key: { env: "ACME_KEY" }, roles: [], scopes: [] } },
    prefix: "key",
    forward: "none",
    ...change,
  });

  function context(declared?: SchemeContext["declared"]): SchemeContext & { readonly found: Diagnostic[] } {
    const found: Diagnostic[] = [];
    return {
      name: "partnerKey",
      gateway: "shop",
      origin: fakeOrigin(""),
      declared,
      declaredAt: declared === undefined ? undefined : fakeOrigin("spec"),
      at: fakeOrigin,
      key: fakeOrigin,
      isWritten: () => false,
      secret: (from, pointer) => ({ kind: "secret", from, origin: fakeOrigin(pointer) }),
      validator: () => {
        throw new Error("keys have no schema");
      },
      store: () => undefined,
      expression: () => undefined,
      report: (diagnostic) => void found.push(diagnostic),
      found,
    };
  }

  const findings = (written: ApiKeyOptions, declared?: SchemeContext["declared"]): string[] => {
    const about = context(declared);
    apiKeyScheme.check!(written, about);
    return about.found.map(({ code, primary }) => `${code} at ${primary.origin.file.slice("policies.yaml#".length)}`);
  };

  it.each<[string, Partial<ApiKeyOptions>, SchemeContext["declared"], string[]]>([
    ["the spec's declaration", {}, { type: "apiKey", in: "header", name: "X-API-Key" }, []],
    ["its own where no spec declares it", { in: "query", name: "key" }, undefined, []],
    ["the same in other letters", { in: "header", name: "x-api-key" }, { type: "apiKey", in: "header", name: "X-API-Key" }, []],
    ["nothing", {}, undefined, ["api-key/location-needed at "]],
    ["half of it", { in: "header" }, undefined, ["api-key/location-needed at "]],
    ["another place", { in: "query" }, { in: "header", name: "X-API-Key" }, ["api-key/location-disagrees at /in"]],
    ["another name", { name: "Session" }, { in: "cookie", name: "session" }, ["api-key/location-disagrees at /name"]],
    ["a name that is none", {}, { in: "header", name: "X API Key" }, ["api-key/unusable-name at spec"]],
    ["a field of the connection", { in: "header", name: "Connection" }, undefined, ["api-key/unusable-name at /name"]],
    ["the Cookie field", { in: "header", name: "Cookie" }, undefined, ["api-key/unusable-name at /name"]],
    ["a strange query parameter", { in: "query", name: "api key" }, undefined, []],
  ])("judges %s", (_, written, declared, expected) => {
    expect(findings(options(written), declared)).toEqual(expected);
  });

  it("finds two consumers with one secret", () => {
    const consumer = { key: { file: "/run/secrets/key" }, roles: [], scopes: [] };
    const found = findings(options({ in: "query", name: "key", keys: { acme: consumer, globex: { ...consumer } } }));
    expect(found).toEqual(["api-key/same-key at /keys/globex/key"]);
  });

  it("lowers to what the factory takes, with secrets as references", () => {
    const lowered = apiKeyScheme.lower(options(), context({ in: "header", name: "X-API-Key" }));
    expect(lowered).toMatchObject({ async: false, challenge: 'ApiKey realm="partnerKey", in="header", name="X-API-Key"' });
    expect(lowered.config).toMatchObject({
      in: "header",
      parameter: "x-api-key",
      consumers: [{ subject: "acme", key: { kind: "secret", from: { env: "ACME_KEY" } } }],
    });
  });

  it("writes any name into the challenge as a quoted string", () => {
    const lowered = apiKeyScheme.lower(options({ in: "query", name: 'k"e\\y é' }), context());
    expect(lowered.challenge).toBe('ApiKey realm="partnerKey", in="query", name="k\\"e\\\\y %C3%A9"');
  });
});
