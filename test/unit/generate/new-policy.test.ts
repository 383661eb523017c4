import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { generate } from "../../../compiler/generate/index.ts";
import { newPolicy } from "../../../compiler/generate/new-policy.ts";
import { repository } from "../../harness/sample.ts";

describe("a new policy", () => {
  let root = "";

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "gatewright-"));
    for (const part of ["schema", "compiler", "runtime", "README.md"])
      cpSync(join(repository, part), join(root, part), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("has four rooms that the generators accept", async () => {
    const before = (await generate(root)).problems;
    expect(newPolicy(root, "tenantQuota")).toEqual({
      files: [
        "compiler/policies/tenant-quota/README.md",
        "compiler/policies/tenant-quota/index.ts",
        "compiler/policies/tenant-quota/messages.md",
        "runtime/policies/tenant-quota/index.ts",
        "schema/policies/tenant-quota.json",
        "test/policies/tenant-quota/answers/gateway.yaml",
        "test/policies/tenant-quota/answers/http/answers.http",
        "test/policies/tenant-quota/answers/openapi.yaml",
      ],
    });
    const out = await generate(root);
    expect(out.problems).toEqual(before);
    expect(out.files.get("schema/policies.gen.ts")).toContain("export interface TenantQuotaOptions {");
    expect(out.files.get("compiler/policies/registry.gen.ts")).toContain(
      'import { tenantQuota } from "./tenant-quota/index.ts";',
    );
    expect(out.files.get("compiler/policies/tenant-quota/messages.gen.ts")).toContain('code: "tenant-quota/blank-value"');
    expect(out.files.get("README.md")).toContain("[`tenantQuota`](compiler/policies/tenant-quota/README.md) | transform |");
    expect(out.files.get("compiler/policies/tenant-quota/README.md")).toContain(
      "| `value` | string | `yes` | Value of the field. |",
    );
  });

  it("does not overwrite one that is there", () => {
    const before = readFileSync(join(root, "schema/policies/cors.json"), "utf8");
    expect(newPolicy(root, "cors")).toEqual({ refused: "schema/policies/cors.json is there already." });
    expect(readFileSync(join(root, "schema/policies/cors.json"), "utf8")).toBe(before);
  });

  it.each(["", "1st", "a_b", "../evil", "a--b"])("is not made with the name %j", (name) => {
    const before = readdirSync(root, { recursive: true });
    expect(newPolicy(root, name)).toHaveProperty("refused");
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  it("leaves nothing behind when it is removed", async () => {
    newPolicy(root, "tenantQuota");
    (await generate(root)).apply(root);
    rmSync(join(root, "compiler/policies/tenant-quota/messages.md"));
    const out = await generate(root);
    expect(out.differences(root)).toContain("compiler/policies/tenant-quota/messages.gen.ts");
    out.apply(root);
    expect(existsSync(join(root, "compiler/policies/tenant-quota/messages.gen.ts"))).toBe(false);
  });
});
