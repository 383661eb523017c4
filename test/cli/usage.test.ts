import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { openapiYaml, project } from "./project.ts";

/** Mistakes of somebody who is new here: each is named, with what to write instead. */
describe("wrong usage", () => {
  test.each([
    [
      "an option that another command has",
      ["routes", "--watch"],
      "`routes` has no option `--watch`. Known: `--format`, `--help`.",
    ],
    ["a misspelt option", ["check", "--foramt", "json"], "Did you mean `--format`?"],
    ["an option without its value", ["build", "--out"], "write `--out <folder>`"],
    ["an option given twice", ["build", "--out", "a", "--out", "b"], "`--out` is given 2 times"],
    ["a file as output folder", ["build", "--out", "policies.yaml"], "`--out policies.yaml` is a file"],
    ["two gateways", ["check", "gateway.yaml", "other.yaml"], "`other.yaml` is too much: write `gatewright check [gateway]`"],
    ["a missing subject", ["explain"], "write `gatewright explain <subject> [gateway]`"],
    ["an option before any command", ["--format", "json"], "There is no command before `--format`"],
    ["a format of another command", ["routes", "--format", "sarif"], "text, json"],
    [
      "the spec instead of the gateway",
      ["check", "openapi.yaml"],
      "`openapi.yaml` is an OpenAPI document, not a gateway. Did you mean `gateway.yaml`?",
    ],
    ["a spec in JSON instead of the gateway", ["check", "openapi.json"], "is an OpenAPI document"],
    ["the policy file instead of the gateway", ["check", "own.yaml"], "`own.yaml` is a policy file, not a gateway."],
    ["a folder below the gateway's", ["check", "orders"], "There is no gateway.yaml in `orders`. Did you mean `gateway.yaml`?"],
    ["a file that does not exist", ["check", "gatewy.yaml"], "`gatewy.yaml` does not exist. Did you mean `gateway.yaml`?"],
    ["a folder with two gateways", ["check", "two"], "There are `gateway.yaml` and `gateway.yml` in `two`."],
    ["a bundle without its IR", ["routes", "gateway.mjs"], "no gateway.ir.json"],
    ["an IR that is no JSON", ["routes", "broken.ir.json"], "`broken.ir.json` is no JSON"],
    ["an IR of nothing", ["routes", "null.ir.json"], "another version of gatewright"],
  ])("%s", async (_, args, message) => {
    const cwd = temporaryFolder({
      ...project,
      "openapi.json": JSON.stringify({ openapi: "3.1.0", info: {}, paths: {} }, null, 2),
      "own.yaml": "# mine\nall:\n  requestId: {}\n",
      "orders/openapi.yaml": openapiYaml,
      "two/gateway.yaml": "",
      "two/gateway.yml": "",
      "gateway.mjs": "",
      "broken.ir.json": "{",
      "null.ir.json": "null",
    });
    const { code, stdout, stderr } = await gatewright(args, { cwd });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/See `gatewright (\w+ )?--help`\.\n$/);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test.each([
    ["keys", "create, list, show ID, rotate ID, revoke ID, import FILE, export"],
    ["live", "revoke KIND VALUE, unrevoke KIND VALUE"],
    ["revocations", "list, add KIND VALUE, remove KIND VALUE; KIND is key, jti, sid, sub or serial"],
  ])("the help of `%s` lists its actions", async (command, actions) => {
    const { code, stdout } = await gatewright([command, "--help"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(actions)]);
  });

  test("an output folder may look like a number", async () => {
    const folder = temporaryFolder(project);
    expect((await gatewright(["build", "--out", "2026"], { cwd: folder })).code).toBe(0);
    expect((await gatewright(["routes", join(folder, "2026")])).code).toBe(0);
  });

  test("no progress where nobody looks: standard error is empty", async () => {
    expect((await gatewright(["check"], { cwd: temporaryFolder(project) })).stderr).toBe("");
  });
});
