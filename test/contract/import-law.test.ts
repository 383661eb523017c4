import { describe, expect, it } from "vitest";
import { exceptions, packageOf, verdict } from "./import-law.ts";
import { importsOf, sourceFiles } from "./source-files.ts";

const imports = sourceFiles("compiler", "runtime", "schema").flatMap(importsOf);

const broken = (path: string, text: string): readonly (string | undefined)[] => importsOf({ path, text }).map(verdict);

describe("import law", () => {
  it("holds for every import of every source file", () => {
    const offenders = imports.flatMap((found) => {
      const reason = verdict(found);
      return reason === undefined ? [] : [`${found.place}\n    ${reason}`];
    });
    expect(offenders.join("\n")).toBe("");
  });

  it("keeps each run-time library behind one module", () => {
    const uses = imports.filter(
      ({ from, to, isTypeOnly }) => from.startsWith("runtime/") && !isTypeOnly && !/^(runtime\/|node:)/.test(to),
    );
    const pairs = [...new Set(uses.map(({ from, to }) => `${packageOf(to)} in ${from}`))].sort();
    expect(pairs.filter((pair, index) => pair.split(" ")[0] === pairs[index - 1]?.split(" ")[0])).toEqual([]);
  });

  it("has no exception that nothing needs", () => {
    const pairs = new Set(imports.map(({ from, to }) => `${from} -> ${to}`));
    expect(Object.keys(exceptions).filter((pair) => !pairs.has(pair))).toEqual([]);
  });

  it.each([
    ["runtime/policies/cors/index.ts", 'import { x } from "../headers/index.ts";', "a policy never imports another policy"],
    [
      "runtime/policies/cors/index.ts",
      'import { x } from "../../http/send.ts";',
      "a policy sees the exchange, never the transport",
    ],
    ["runtime/policies/cors/index.ts", 'import { request } from "node:http";', "only the transport of runtime/ touches sockets"],
    [
      "runtime/answers/problem.ts",
      'import type { Origin } from "../../compiler/ir/origin.ts";',
      "runtime/ imports only runtime/, node: modules and run-time libraries from the module that each is behind",
    ],
    [
      "runtime/answers/problem.ts",
      'const yaml = await import("yaml");',
      "runtime/ imports only runtime/, node: modules and run-time libraries from the module that each is behind",
    ],
    ["schema/x.ts", 'export { y } from "../compiler/y.ts";', "schema/ imports nothing"],
    ["compiler/ir/step.ts", 'import { x } from "../text/words.ts";', "compiler/ir may not import compiler/text/words.ts"],
    [
      "compiler/policies/cors/index.ts",
      'import { x } from "../headers/index.ts";',
      "compiler/policies/cors may not import compiler/policies/headers/index.ts",
    ],
    [
      "compiler/policies/cors/index.ts",
      'import { x } from "../../../runtime/policies/cors/index.ts";',
      "the compiler takes only types from runtime/",
    ],
    [
      "compiler/policies/cors/index.ts",
      'type A = import("../../phases/2-link/index.ts").A;',
      "compiler/policies/cors may not import types from compiler/phases/2-link/index.ts",
    ],
    [
      "compiler/phases/3-check/index.ts",
      'import { x } from "../2-link/index.ts";',
      "compiler/phases/3-check may not import compiler/phases/2-link/index.ts",
    ],
    [
      "compiler/phases/4-plan/index.ts",
      'import type { X } from "../2-link/x.ts";',
      "compiler/phases/4-plan may not import types from compiler/phases/2-link/x.ts",
    ],
    ["compiler/index.ts", 'import { x } from "./generate/index.ts";', "the generators are no part of the compiler"],
  ])("%s: %s", (path, text, reason) => {
    expect(broken(path, text)).toEqual([reason]);
  });

  it.each([
    ["runtime/policies/cors/index.ts", 'import { refuse } from "../../answers/problem.ts"; import { x } from "./x.ts";'],
    [
      "compiler/policies/cors/index.ts",
      'import type { C } from "../../../runtime/policies/cors/index.ts"; import { type D } from "../../../schema/policies.gen.ts";',
    ],
    ["compiler/phases/3-check/index.ts", 'import type { L } from "../2-link/linked-gateway.ts"; import { x } from "./steps.ts";'],
  ])("%s may: %s", (path, text) => {
    expect(broken(path, text)).toEqual([undefined, undefined]);
  });
});
