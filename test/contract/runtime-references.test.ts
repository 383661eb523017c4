import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { repository } from "../harness/sample.ts";
import { parse, sourceFiles } from "./source-files.ts";

/** A module of the run-time library and an export of it, as the compiler names them for what it emits. */
const mention = /\b(fromRuntime|names\.runtime|call(?:<\w+>)?|make|made)\(\s*"([a-z0-9/-]+)",\s*"(\w+)"/g;

const mentioned = sourceFiles("compiler").flatMap((file) =>
  [...parse(file).text.matchAll(mention)].map(([, by, module, name]) => ({
    at: file.path,
    // The printer of expressions calls what is in a folder of its own.
    module: by === "call" && file.path.startsWith("compiler/expressions/") ? `expressions/${module}` : module!,
    name: name!,
  })),
);

/** The type checker sees text: a file that moves takes no emitted import with it. */
it("what emitted code imports from the run-time library is there", () => {
  expect(mentioned.length).toBeGreaterThan(50);
  const missing = mentioned.filter(({ module, name }) => {
    const path = [`runtime/${module}.ts`, `runtime/${module}/index.ts`].find((each) => existsSync(join(repository, each)));
    if (path === undefined) return true;
    const text = readFileSync(join(repository, path), "utf8");
    return !new RegExp(`^export (?:async )?(?:const|function|class) ${name}\\b|^export \\{[^}]*\\b${name}\\b`, "m").test(text);
  });
  expect(missing).toEqual([]);
});
