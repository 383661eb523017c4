import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { outputProblem } from "../../compiler/commands/output-problem.ts";
import { compiler } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { openapiYaml, project } from "./project.ts";

const shell = (command: string, cwd: string) =>
  spawnSync("sh", ["-c", command.replace("gatewright", `${process.execPath} ${compiler}`)], { cwd, encoding: "utf8" });

const errno = (code: string, syscall: string, path?: string): Error =>
  Object.assign(new Error(`${code}: …`), { code, syscall, path });

test.each([
  [errno("EACCES", "mkdir", "/srv/out"), /^`.*srv\/out` cannot be created: this user has no right to do that\.$/],
  [errno("EROFS", "open", "out/gateway.mjs"), /^`out\/gateway.mjs` cannot be opened: the file system is read-only\.$/],
  [errno("ENOSPC", "write"), /^The output cannot be written: no space is left on the device\.$/],
  [errno("EDQUOT", "write", "x"), /^`x` cannot be written: the disk quota of this user is used up\.$/],
  [errno("ENOSPC", "watch", "/srv"), /max_user_watches/],
])("what the operating system refuses is said in its words: %s", (error, said) => {
  expect(outputProblem(error)).toMatch(said);
});

test("a mistake of ours stays one", () => {
  expect(outputProblem(new TypeError("x is undefined"))).toBeUndefined();
  expect(outputProblem(errno("ENOENT", "open", "x"))).toBeUndefined();
  expect(outputProblem(Object.assign(new Error("no"), { code: "ENOSPC" }))).toBeUndefined();
});

describe("a file stands where a folder is to be written", () => {
  test.each([
    ["build --out file/out", "file/out"],
    ["schema --project --out file/schema", "file/schema"],
    ["init file/new", "file"],
    ["dev", ".gatewright"],
  ])("%s", (command, named) => {
    const folder = temporaryFolder({ ...project, file: "mine", ...(command === "dev" ? { ".gatewright": "mine" } : {}) });
    const { status, stderr } = shell(`gatewright ${command}`, folder);
    expect(stderr).toContain(named);
    expect(stderr).not.toContain("a bug of ours");
    expect(status).toBe(2);
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("mine");
  });
});

describe.skipIf(!existsSync("/dev/full"))("a full disk behind standard output", () => {
  test.each(["routes", "coverage", "check --format json", "schema", "explain 'GET /orders'"])(
    "%s says so and does not end with 0",
    (command) => {
      const folder = temporaryFolder(project);
      const { status, stderr } = shell(`gatewright ${command} > /dev/full`, folder);
      expect(stderr).toContain("gatewright: Standard output cannot be written: no space is left on the device.");
      expect(status).toBe(2);
    },
  );
});

test("a reader that has read enough is no failure, and not a word is said of it", () => {
  const folder = temporaryFolder(project);
  // More than a pipe holds, so that some of it is written after the reader has gone.
  const paths = Array.from(
    { length: 3000 },
    (_, index) => `  /p${index}: { get: { responses: { "200": { description: fine } } } }`,
  );
  writeFileSync(join(folder, "openapi.yaml"), openapiYaml.replace("components:", `${paths.join("\n")}\ncomponents:`));
  const { stdout, stderr } = shell("gatewright routes | head -1", folder);
  expect(stdout).toMatch(/^method/);
  expect(stderr).toBe("");
});
