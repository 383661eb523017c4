import { describe, expect, it } from "vitest";
import { exampleProject } from "../../../compiler/diagnostics/example-project.ts";
import { compileProject } from "../../harness/compile-project.ts";

/** What is found in the two limits of one name, with both places as `options: line:column`. */
async function found(one: string, other: string, gateway = exampleProject["gateway.yaml"]!) {
  const policies = `operations:\n  listOrders: { rateLimit: ${one} }\n  getOrder: { rateLimit: ${other} }\n`;
  const files = { ...exampleProject, "gateway.yaml": gateway, "policies.yaml": policies };
  const { diagnostics, ir } = await compileProject(new Map(Object.entries(files)));
  expect(ir === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
  const lines = policies.split("\n");
  const textAt = ({ line, column }: { readonly line: number; readonly column: number }): string =>
    lines[line - 1]!.slice(column - 1)
      .split(/[,}]/)[0]!
      .trim();
  return diagnostics.map(({ code, message, primary, related }) => ({
    code,
    option: /another `(.+?)`/.exec(message)?.[1],
    at: textAt(primary.origin),
    other: (related ?? []).map((label) => textAt(label.origin)),
  }));
}

describe("limits of one name share their counters, or the build says why they cannot", () => {
  const named = (options: string): string => `{ per: name, name: orders, ${options} }`;

  it.each([
    ["limit", "limit: 20/m", "limit: 30/m", "30/m", "20/m"],
    ["limit", "limit: 20/m", "limit: 20/h", "20/h", "20/m"],
    ["burst", "limit: 20/m, burst: 5", "limit: 20/m, burst: 6", "6", "5"],
    ["algorithm", "limit: 20/m, algorithm: slidingWindow", "limit: 20/m, algorithm: fixedWindow", "fixedWindow", "slidingWindow"],
    ["by", "limit: 20/m, by: identity.subject", "limit: 20/m, by: { header: X-Tenant }", "X-Tenant", "identity.subject"],
    [
      "tiers",
      "limit: 20/m, tier: \"'a' in identity.scopes ? 'gold' : ''\", tiers: { gold: 50/m }",
      "limit: 20/m, tier: \"'a' in identity.scopes ? 'gold' : ''\", tiers: { gold: 60/m }",
      "60/m",
      "50/m",
    ],
  ])("%s", async (option, one, other, at, related) => {
    const findings = await found(named(one), named(other));
    expect(findings).toMatchObject([{ code: "rate-limit/name-differs", option, at }]);
    expect(findings[0]!.other.join()).toContain(related.split(".")[0]);
  });

  it("store", async () => {
    const gateway = `${exampleProject["gateway.yaml"]}stores: { default: { memory: {} }, other: { memory: {} } }\n`;
    const findings = await found(named("limit: 20/m"), named("limit: 20/m, store: other"), gateway);
    expect(findings).toMatchObject([{ code: "rate-limit/name-differs", option: "store", at: "other" }]);
  });

  it.each([
    ["the same", "limit: 20/m", "limit: 20/m"],
    ["the same, written otherwise", "limit: 60/m", "limit: 60/1m"],
    ["costs", "limit: 20/m, cost: 2", "limit: 20/m"],
    ["who is not counted", "limit: 20/m", "limit: 20/m, bypass: \"'a' in identity.scopes\""],
    ["a condition", "limit: 20/m", "limit: 20/m, when: \"request.method == 'GET'\""],
    ["what clients are told", "limit: 20/m", "limit: 20/m, headers: x"],
  ])("%s may be alike or not", async (_what, one, other) => {
    expect(await found(named(one), named(other))).toEqual([]);
  });

  it("a name without `per: name` is what clients are told, and shares nothing", async () => {
    expect(await found("{ limit: 20/m, name: orders }", "{ limit: 30/m, name: orders }")).toEqual([]);
  });
});
