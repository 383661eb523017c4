import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/sample.ts";
import { sourceFiles } from "./source-files.ts";

/** `runtime("life/clock", "clock")`, `writer.fromRuntime("routing/versions", "createVersionJudge")`. */
const written = /untime\(\s*"([^"$]+)",\s*"(\w+)"/g;

/** Modules of validators are named below this folder, and policies by theirs. */
const candidates = (module: string): readonly string[] =>
  [module, `${module}/index`, `validation/${module}`].map((path) => join(repository, "runtime", `${path}.ts`));

test("what the compiler writes into generated code is what the run-time library exports", () => {
  const found = sourceFiles("compiler").flatMap(({ path, text }) =>
    [...text.matchAll(written)].map(([, module, name]) => ({ path, module: module!, name: name! })),
  );
  expect(found.length).toBeGreaterThan(30);
  const missing = found.filter(({ module, name }) => {
    const exports = new RegExp(`export (?:async )?(?:const|function|class) ${name}\\b`);
    return !candidates(module).some((file) => existsSync(file) && exports.test(readFileSync(file, "utf8")));
  });
  expect(missing).toEqual([]);
});
