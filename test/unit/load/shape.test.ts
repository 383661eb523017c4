import { describe, expect, test } from "vitest";
import { project } from "./project.ts";
import { loadProject } from "./support.ts";

const policies = (text: string) => loadProject({ "policies.yaml": text });

describe("shapes", () => {
  test("an unknown key comes with the nearest known one and an edit", async () => {
    const { found } = await policies("all:\n  rateLimit: { limt: 20/m }\n");
    expect(found).toMatchObject([
      {
        code: "load/unknown-key",
        at: "policies.yaml:2:16",
        shown: "limt",
        help: "Did you mean `limit`?",
        edits: ["limt -> limit"],
      },
    ]);
  });

  test("an edit keeps the quotes", async () => {
    const { found } = await policies('{ "all": { "requestld": {} } }');
    expect(found).toMatchObject([{ code: "load/unknown-key", edits: ['"requestld" -> "requestId"'] }]);
  });

  test("of several forms the one that was meant is reported", async () => {
    expect((await policies("all: { rateLimit: { limit: 20 per minute } }")).found).toMatchObject([
      { code: "load/bad-format", shown: "20 per minute" },
    ]);
    expect((await policies("all: { rateLimit: [{ limit: 1/s }, { limit: 1/x }] }")).found).toMatchObject([
      { code: "load/bad-format", shown: "1/x" },
    ]);
    expect((await policies("all: { rateLimit: of }")).found).toMatchObject([
      { code: "load/unknown-value", edits: ["of -> off"] },
    ]);
    expect((await policies("all: { rateLimit: 20/m }")).found).toMatchObject([{ code: "load/wrong-type" }]);
    expect((await policies("all: { rateLimit: false }")).codes).toEqual(["load/wrong-type"]);
    expect((await policies("all: { rateLimit: { limit: 1/s, by: { heder: X } } }")).found).toMatchObject([
      { code: "load/unknown-key", shown: "heder" },
    ]);
  });

  test("all mistakes of a file are found", async () => {
    const { codes } = await policies("all: { requestSize: {}, requestId: { trust: maybe } }\ntagz: {}\n");
    expect(codes.toSorted()).toEqual(["load/missing-key", "load/unknown-key", "load/wrong-type"]);
  });

  test("a literal secret is never repeated", async () => {
    const { found } = await loadProject({
      "gateway.yaml": project["gateway.yaml"]!.replace("{ env: ACME_KEY }", "hunter2-hunter2-hunter2"),
    });
    expect(found.map(({ code }) => code)).toEqual(["load/literal-secret"]);
    expect(found[0]!.message + found[0]!.help).not.toContain("hunter2");
  });

  test("a secret reference has one source", async () => {
    const withKey = (key: string) => loadProject({ "gateway.yaml": project["gateway.yaml"]!.replace("{ env: ACME_KEY }", key) });
    expect((await withKey("{ file: /run/secrets/acme }")).codes).toEqual([]);
    expect((await withKey("{ env: A, file: b }")).found).toMatchObject([{ code: "load/unknown-key", shown: "file" }]);
    expect((await withKey("{}")).found).toMatchObject([{ code: "load/missing-key" }]);
    expect((await withKey("'${env:A}'")).codes).toEqual(["load/literal-secret"]);
  });

  test("an inline block in a spec has the same shape", async () => {
    const spec = project["openapi.yaml"]!;
    const inline = {
      root: `x-gateway: { requestld: {} }\n${spec}`,
      operation: spec.replace("operationId: listOrders,", "operationId: listOrders, x-gateway: { requestld: {} },"),
    };
    for (const text of Object.values(inline))
      expect((await loadProject({ "openapi.yaml": text })).found).toMatchObject([
        { code: "load/unknown-key", shown: "requestld" },
      ]);
  });
});
