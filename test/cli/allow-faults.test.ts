import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compiler } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { project } from "./project.ts";

const withFaults = {
  ...project,
  "policies.yaml": "all:\n  faultInjection: { rules: [{ percentage: 5%, abort: 503 }] }\n",
};

const run = (folder: string, ...args: string[]) =>
  spawnSync(process.execPath, [compiler, ...args], { cwd: folder, encoding: "utf8" });

test("`build` refuses a gateway that harms requests on purpose, and says where, why and what allows it", () => {
  const folder = temporaryFolder(withFaults);
  const { status, stderr } = run(folder, "build", "--out", "out");
  expect(status).toBe(1);
  expect(stderr).toContain("error[check/harm-not-allowed] This build does not allow `faultInjection`, and 1 operation has it.");
  expect(stderr).toContain("policies.yaml:2:3");
  expect(stderr).toContain("--allow-faults");
  expect(existsSync(join(folder, "out"))).toBe(false);
});

test("in other formats too", () => {
  const { status, stdout } = run(temporaryFolder(withFaults), "build", "--out", "out", "--format", "json");
  expect(status).toBe(1);
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly { readonly code: string }[] };
  expect(diagnostics.map(({ code }) => code)).toContain("check/harm-not-allowed");
});

test("with `--allow-faults` it builds, and warns all the same", () => {
  const folder = temporaryFolder(withFaults);
  const { status, stderr } = run(folder, "build", "--out", "out", "--allow-faults");
  expect(status).toBe(0);
  expect(stderr).toContain("warning[fault-injection/injects] The gateway harms requests on purpose: 5% abort 503.");
  expect(existsSync(join(folder, "out/gateway.mjs"))).toBe(true);
});

test("a warning that is accepted in gateway.yaml is no leave to build", () => {
  const gateway = `${project["gateway.yaml"]}allowWarnings: { fault-injection/injects: "the test environment" }\n`;
  const folder = temporaryFolder({ ...withFaults, "gateway.yaml": gateway });
  expect(run(folder, "build", "--out", "out").status).toBe(1);
  const allowed = run(folder, "build", "--out", "out", "--allow-faults");
  expect([allowed.status, allowed.stderr]).toEqual([0, ""]);
});

test("a guardrail refuses it whatever the build allows", () => {
  const gateway = `${project["gateway.yaml"]}guardrails: [{ select: { all: true }, forbid: [faultInjection] }]\n`;
  const folder = temporaryFolder({ ...withFaults, "gateway.yaml": gateway });
  const { status, stderr } = run(folder, "build", "--out", "out", "--allow-faults");
  expect(status).toBe(1);
  expect(stderr).toContain("error[check/guardrail-forbids]");
});

test("`check` only warns, and `explain` shows what is done", () => {
  const folder = temporaryFolder(withFaults);
  expect(run(folder, "check").status).toBe(0);
  expect(run(folder, "explain", "GET /orders", "-H", "X-API-Key: a").stdout).toContain("5% abort 503");
});

test("a gateway without faults builds with the flag as without", () => {
  const folder = temporaryFolder(project);
  expect(run(folder, "build", "--out", "out", "--allow-faults").status).toBe(0);
});
