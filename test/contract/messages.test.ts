import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exampleProject } from "../../compiler/diagnostics/example-project.ts";
import { pages } from "../../compiler/diagnostics/pages.gen.ts";
import { compileProject } from "../harness/compile-project.ts";
import { repository } from "../harness/sample.ts";
import { importsOf, parse, sourceFiles } from "./source-files.ts";

const codesOf = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const { codes } = await compileProject(new Map(Object.entries({ ...exampleProject, ...files })));
  return [...new Set(codes)];
};

/**
 * Every store gives all that policies ask for so far: `test/unit/check/stores.test.ts` has the case, and
 * `test/unit/check/exporters.test.ts` that of exporters. Whoever makes the first policy that one of them lacks something for
 * shortens this list.
 */
const unreachable = /^check\/(store-lacks|exporter-lacks)$/;

/** What no example on a page is large enough for (`example: none`), and the test that makes it. */
const unexampled: Readonly<Record<string, string>> = {
  "way-around/not-finished": "test/unit/way-around/bound.test.ts",
  "check/harm-not-allowed": "test/cli/allow-faults.test.ts",
};

it("the default project of the examples has no fault", async () => {
  expect(await codesOf({})).toEqual([]);
});

const waiting = Object.entries(pages).filter(([code]) => unreachable.test(code));
const reached = Object.entries(pages).filter(([code]) => !unreachable.test(code) && unexampled[code] === undefined);

it.each(Object.entries(unexampled))("%s has a test of its own, and no example", (code, test) => {
  expect([pages[code]?.bad, pages[code]?.good]).toEqual([{}, {}]);
  expect(readFileSync(join(repository, test), "utf8")).toContain(`"${code}"`);
});

it.each(waiting)("%s is not possible yet", async (code, page) => {
  expect(await codesOf(page.bad)).not.toEqual([code]);
});

describe.each(reached)("%s", (code, page) => {
  it("says what is wrong, why it matters and what to do", () => {
    expect([page.message, page.label, page.why, page.help].filter((text) => text === "")).toEqual([]);
    expect(page.message).toMatch(/[.?!}]$/);
    // Braces are doubled around a single word alone, which would be a placeholder.
    expect([page.message, page.label, page.why, page.help].join().replaceAll(/\{\{[a-z][A-Za-z0-9]*\}\}/g, "")).not.toContain(
      "{{",
    );
  });

  it("is what its bad example gives, and nothing else", async () => {
    expect(Object.keys(page.bad)).not.toEqual([]);
    expect(await codesOf(page.bad)).toEqual([code]);
  });

  it("does not come from its good example, nor does anything else", async () => {
    expect(Object.keys(page.good)).not.toEqual([]);
    expect(await codesOf(page.good)).toEqual([]);
  });
});

it("every message function is used", () => {
  const files = sourceFiles("compiler");
  const used = new Set(files.flatMap(importsOf).flatMap(({ to, names }) => names.map((name) => `${to} ${name}`)));
  const made = files
    .filter(({ path }) => path.endsWith("/messages.gen.ts"))
    .flatMap((file) => [...parse(file).text.matchAll(/^export const (\w+) =/gm)].map((match) => `${file.path} ${match[1]}`));
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter((name) => !used.has(name))).toEqual([]);
});
