import { expect, test } from "vitest";
import { templateRemedies } from "../../../compiler/routing/path-template.ts";
import { compileProject } from "../../harness/compile-project.ts";

const route = (path: string) =>
  new Map([
    [
      "gateway.yaml",
      `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { files: { endpoints: [http://127.0.0.1:9001] } }
routes:
  files: { match: { path: "${path}" }, service: files, policies: { public: test } }
`,
    ],
  ]);

test.each([
  ["bad-percent", "/a%zz", "/a%25zz"],
  ["bad-character", "/a\\uD83D", "/a\\uD83D\\uDE00"],
  ["dot-segment", "/a/./b", "/a/b"],
  ["empty-segment", "/a//b", "/a/b"],
  ["misplaced-wildcard", "/a/*.json", "/a/{name}.json"],
  ["misplaced-wildcard", "/{**}", "/**"],
  ["rest-not-last", "/**/a", "/*/a"],
  ["adjacent-parameters", "/{a}{b}", "/{a}-{b}"],
  ["duplicate-name", "/{a}/{a}", "/{a}/{b}"],
  ["empty-name", "/{}", "/{id}"],
  ["unbalanced-brace", "/{a", "/%7Ba"],
] as const)("a path with `%s` is refused with its own remedy, which helps: %s", async (reason, bad, good) => {
  const { diagnostics } = await compileProject(route(bad));
  expect(diagnostics.map(({ code, help }) => [code, help])).toContainEqual(["link/bad-path-template", templateRemedies[reason]]);
  expect((await compileProject(route(good))).codes).toEqual([]);
});
