import { describe, expect, it } from "vitest";
import { executedAtModuleScope } from "./module-scope.ts";
import { sourceFiles } from "./source-files.ts";

/** Files that may hold state, each with the reason. */
const allowed: Readonly<Record<string, string>> = {
  "runtime/caching/vary.ts": "what the last Accept-Encoding asks for, which says the same whoever sends it",
  "runtime/http1/field-text.ts": "lines that were written before are the same lines for every connection",
  "runtime/identity/jose/scratch.ts": "room that the next token is read into; nothing in it is looked at again",
  "runtime/log/standard-output.ts": "a process has one standard output, whose lines must not be mixed",
  "runtime/policies/compress/engine.ts": "room that the next call of zlib writes into, and what was found of this Node",
  "runtime/validation/circles.ts": "how deep the stack is, which there is one of; each call takes back what it adds",
};

const offences = (text: string): number => executedAtModuleScope({ path: "runtime/x.ts", text }).length;

describe("runtime/ runs nothing when it is loaded", () => {
  it("in no module", () => {
    expect(
      sourceFiles("runtime")
        .filter(({ path }) => !(path in allowed))
        .flatMap(executedAtModuleScope)
        .join("\n"),
    ).toBe("");
  });

  it("and every file that is allowed to needs it", () => {
    const holding = sourceFiles("runtime").filter((file) => executedAtModuleScope(file).length > 0);
    expect(holding.map(({ path }) => path)).toEqual(Object.keys(allowed));
  });

  it.each([
    "const cache = new Map();",
    "register();",
    "let state = 0;",
    "const now = Date.now();",
    "if (true) {}",
    "const { a } = { a: 1 };",
    "const list = [...other];",
    "const table = { [key]: 1 };",
    "class A { static b = make(); }",
    "class A { static {} }",
    "class A extends mixin(B) {}",
    "export default create();",
  ])("finds: %s", (text) => {
    expect(offences(text)).toBe(1);
  });

  it.each([
    'import { a } from "./a.ts"; export { a }; export * from "./b.ts";',
    "export interface A {} export type B = A;",
    "export const limit = 60 * 1000, name = `x`, pattern = /^a$/, off = -1;",
    'export const table = { a: [1, "b", null], c: (x: number) => x, d() { return new Map(); } } as const;',
    "export class A extends Error { static readonly b = 1; c = new Map(); }",
    "export function f() { return g(); }",
  ])("lets pass: %s", (text) => {
    expect(offences(text)).toBe(0);
  });
});
