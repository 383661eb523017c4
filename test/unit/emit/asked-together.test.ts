import { describe, expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";

/** The limits that the chain of an operation with these asks ahead, as their names end. */
async function askedAhead(limits: readonly string[], store = "redis: { url: redis://127.0.0.1 }"): Promise<string[]> {
  const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
stores: { default: { ${store} } }
routes:
  all: { match: { path: /a }, policies: { public: test, respond: { status: 204 }, rateLimit: [${limits.join(", ")}] } }
`;
  const { ir, diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map([["gateway.yaml", gateway]])) });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const text = [...emit(plan(ir!), ir!).values()].map((module) => module.text).join("\n");
  return [...text.matchAll(/ahead\(x, \w+?RateLimit(\d*)\)/g)].map(([, number]) => number || "1");
}

const limit = (name: string, more = ""): string => `{ name: ${name}, limit: 9/s, onStoreFailure: refuse${more} }`;

describe("the limits of an operation in a store that is asked over a network", () => {
  it("are asked together where they stand in a row", async () => {
    expect(await askedAhead([limit("a"), limit("b")])).toEqual(["1", "2"]);
    expect(await askedAhead([limit("a"), limit("b"), limit("c")])).toEqual(["1", "2", "3"]);
  });

  it("are not where there is only one", async () => {
    expect(await askedAhead([limit("a")])).toEqual([]);
  });

  it("are not where a condition decides whether there is one: it is asked in its place", async () => {
    const sometimes = limit("b", `, when: "'x-b' in request.headers"`);
    expect(await askedAhead([limit("a"), sometimes])).toEqual([]);
    expect(await askedAhead([sometimes, limit("a"), limit("c")])).toEqual(["2", "3"]);
  });

  it("are not where they are counted in this process, which is not waited for", async () => {
    const here = (name: string): string => `{ name: ${name}, limit: 9/s }`;
    expect(await askedAhead([here("a"), here("b")], "memory: {}")).toEqual([]);
  });
});
