// One fault in a copy of the checkout: does it compile, and which tests notice it?
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Tests that are near a folder beside those that import its files; the longest beginning of a path counts. */
const near = {
  "compiler/expressions": ["test/unit/expressions", "test/samples", "test/policies/authorize"],
  "compiler/phases/1-load": ["test/unit/load", "test/contract/messages.test.ts", "test/samples.test.ts"],
  "compiler/phases/2-link": ["test/contract/messages.test.ts", "test/samples.test.ts"],
  "compiler/phases/3-check": ["test/contract", "test/samples.test.ts"],
  "compiler/phases/5-emit": ["test/unit/emit", "test/samples.test.ts", "test/differential"],
  "compiler/commands": ["test/cli", "test/unit/commands"],
  "compiler/contract/schemas": ["test/unit/schemas", "test/conformance/json-schema", "test/policies/validate"],
  "compiler/routing": ["test/unit/routing", "test/differential"],
  compiler: ["test/contract", "test/samples.test.ts", "test/cli"],
  "runtime/http1": ["test/unit/http1", "test/conformance/http1"],
  "runtime/http2": ["test/listeners"],
  "runtime/http": ["test/conformance/http1", "test/faults/traffic.test.ts", "test/faults/overload.test.ts"],
  "runtime/listener": ["test/listeners"],
  "runtime/process": ["test/faults/processes.test.ts", "test/faults/start.test.ts", "test/listeners/workers.test.ts"],
  "runtime/upstream": ["test/upstream", "test/tunnels", "test/streams"],
  "runtime/body": ["test/unit/body", "test/policies/validate"],
  "runtime/policies": ["test/unit/policies", "test/samples.test.ts"],
  runtime: ["test/runtime", "test/unit", "test/samples.test.ts"],
};

/** Copies what git tracks, with the changes that are not committed; modules are linked. */
export function copyOf(checkout) {
  const copy = join(mkdtempSync(join(tmpdir(), "single-faults-")), "main");
  const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: checkout, encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of tracked) if (existsSync(join(checkout, file))) cpSync(join(checkout, file), join(copy, file));
  symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
  // Contract tests ask git what the repository has.
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
  ])
    execFileSync("git", args, { cwd: copy });
  const shared = join(checkout, "../shared");
  if (existsSync(shared)) symlinkSync(shared, join(copy, "../shared"));
  return copy;
}

/**
 * Puts one fault into the copy, looks what comes of it, and takes it out again.
 * @returns {Promise<{ verdict: "types" | "noticed" | "survived", by?: string }>}
 */
export async function attempt(copy, place, tests) {
  const path = join(copy, place.file);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.slice(0, place.start) + place.text + text.slice(place.end));
  try {
    if (!(await succeeds(copy, "npx", ["tsc", "-p", "tsconfig.json"], 180))) return { verdict: "types" };
    for (const stage of stages(copy, place.file, tests)) {
      const by = await firstFailure(copy, stage);
      if (by !== undefined) return { verdict: "noticed", by };
    }
    return { verdict: "survived" };
  } finally {
    writeFileSync(path, text);
  }
}

function stages(copy, file, tests) {
  if (tests === "own") return ownStages(copy, file);
  if (tests === "quick") return [...ownStages(copy, file), ...overHttp(file)];
  if (tests !== "all" && tests !== "near") return [["run", ...tests.split(",")]];
  const folder = Object.keys(near)
    .filter((one) => file.startsWith(`${one}/`))
    .sort((a, b) => b.length - a.length)[0];
  const folders = (near[folder] ?? []).filter((path) => existsSync(join(copy, path)));
  const policy = /\/policies\/([^/]+)\//.exec(file)?.[1];
  const own = policy === undefined ? [] : [["run", "-t", `policies/${policy}`, "test/samples.test.ts"]];
  const stages = [["related", "--run", file], ...own, ["run", ...folders]];
  return tests === "near" ? stages : [...stages, ["run"]];
}

/** The tests that import the file by the shortest ways. */
function ownStages(copy, file) {
  const nearest = nearestTests(copy, file).filter(([path]) => !isSlow.test(path));
  const [, shortest] = nearest[0] ?? ["", 0];
  const own = nearest.filter(([, distance], index) => distance <= shortest + 1 && index < 12).map(([path]) => path);
  return own.length === 0 ? [] : [["run", ...own]];
}

/** What is tried over HTTP, where the file is of one subject. */
function overHttp(file) {
  const policy = /\/policies\/([^/]+)\//.exec(file)?.[1];
  const named = policy === undefined ? samplesNear.find(([folder]) => file.startsWith(folder))?.[1] : `policies/${policy}/`;
  const samples = named === undefined ? [] : [["run", "-t", named, "test/samples.test.ts"]];
  const extra = extras.filter(([folder]) => file.startsWith(folder)).flatMap(([, paths]) => paths);
  return [...samples, ...(extra.length === 0 ? [] : [["run", ...extra]])];
}

/** What takes minutes, or compares with other implementations what others look at as well. */
const isSlow = /^test\/(?:corpus|differential|bench|faults\/soak|examples)/;

/** Names of samples, by the folder that they are about. */
const samplesNear = [
  ["compiler/expressions/", "policies/authorize|samples/conditions|policies/errors"],
  ["compiler/phases/3-check/", "samples/bad-input|samples/security|samples/scopes|policies/security"],
  ["compiler/routing/", "samples/routing|policies/way-around"],
  ["runtime/body/", "policies/validate"],
  ["runtime/http", "samples/http"],
  ["runtime/upstream/", "samples/http|samples/services"],
];

/** What notices faults of a folder only from outside of the process. */
const extras = [
  ["runtime/process/", ["test/faults/start.test.ts", "test/runtime/process.test.ts", "test/runtime/process-ends.test.ts"]],
  ["runtime/process/worker", ["test/faults/processes.test.ts", "test/listeners/workers.test.ts"]],
  ["runtime/process/primary", ["test/faults/processes.test.ts", "test/listeners/workers.test.ts"]],
  ["runtime/http/", ["test/runtime", "test/conformance/http1"]],
  ["runtime/http2/", ["test/listeners"]],
  ["runtime/upstream/", ["test/upstream", "test/runtime/forward.test.ts", "test/runtime/failures.test.ts"]],
  ["compiler/phases/3-check/", ["test/proofs", "test/contract/messages.test.ts"]],
  ["compiler/policies/", ["test/contract/messages.test.ts"]],
];

/** Paths of tests that import a file, each with the number of imports between them, the nearest first. */
function nearestTests(copy, file) {
  const importers = new Map();
  for (const path of execFileSync("git", ["ls-files", "*.ts"], { cwd: copy, encoding: "utf8" }).split("\n").filter(Boolean)) {
    const text = readFileSync(join(copy, path), "utf8");
    for (const [, to] of text.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from "(\.[^"]+)"/gm)) {
      const target = join(dirname(path), to);
      importers.set(target, [...(importers.get(target) ?? []), path]);
    }
  }
  const distances = new Map([[file, 0]]);
  for (const [path, distance] of distances)
    for (const importer of importers.get(path) ?? []) if (!distances.has(importer)) distances.set(importer, distance + 1);
  return [...distances].filter(([path]) => path.endsWith(".test.ts"));
}

async function firstFailure(copy, stage) {
  const report = join(copy, "../report.json");
  rmSync(report, { force: true });
  const common = [
    "--config",
    "test/vitest.config.ts",
    "--bail=1",
    "--passWithNoTests",
    "--reporter=json",
    `--outputFile=${report}`,
  ];
  if (await succeeds(copy, "npx", ["vitest", ...stage, ...common], 1800)) return undefined;
  if (!existsSync(report)) return "the run itself (it ended, or took more than half an hour)";
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  for (const suite of testResults) {
    const failed = suite.assertionResults.find(({ status }) => status === "failed");
    if (failed !== undefined) return `${suite.name.slice(copy.length + 1)}: ${failed.fullName}`;
    if (suite.status === "failed") return suite.name.slice(copy.length + 1);
  }
  return "the run itself";
}

/** A fault may make the suite hang: what takes too long is ended with all that it started. */
function succeeds(cwd, program, args, seconds) {
  const child = spawn(program, args, { cwd, stdio: "ignore", detached: true, env: { ...process.env, CI: "" } });
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), seconds * 1000);
  return new Promise((resolve) => {
    child.on("exit", (code) => {
      clearTimeout(timer);
      try {
        process.kill(-child.pid, "SIGKILL"); // gateways that a test left behind
      } catch {}
      resolve(code === 0);
    });
  });
}

export const remove = (copy) => rmSync(join(copy, ".."), { recursive: true, force: true });
