import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { getConformanceSuite, type IncrementalTest, type IncrementalTestSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import { describe, expect, test } from "vitest";
import { reasonFor } from "./deviations.ts";
import { runCase } from "./run-case.ts";

// The official conformance data of CEL, run on the code that is emitted. `known-deviations.md` names every case that
// fails, by reason; it is compared as a whole, so that a case which starts to pass has to be taken off the list.
const file = new URL("known-deviations.md", import.meta.url);

const casesOf = (suite: IncrementalTestSuite, path: string): (readonly [path: string, test: IncrementalTest])[] => [
  ...suite.tests.map((each): [string, IncrementalTest] => [`${path}/${each.name}`, each]),
  ...suite.suites.flatMap((each) => casesOf(each, `${path}/${each.name}`)),
];

const suites = getConformanceSuite().suites.map((suite) => ({ name: suite.name, cases: casesOf(suite, suite.name) }));
const failures = new Map<string, string[]>();
const counts = new Map<string, { passed: number; all: number }>();

describe("CEL conformance", () => {
  for (const { name, cases } of suites) {
    if (cases.length === 0) continue;
    test(name, () => {
      const unexplained: string[] = [];
      let passed = 0;
      for (const [path, each] of cases) {
        const failure = runCase(each);
        if (failure === undefined) {
          passed++;
          continue;
        }
        const reason = reasonFor(name, failure);
        if (reason === undefined) unexplained.push(`${path}: ${each.original.expr}: ${failure}`);
        else failures.set(reason, [...(failures.get(reason) ?? []), path]);
      }
      counts.set(name, { passed, all: cases.length });
      expect(unexplained).toEqual([]);
    });
  }

  test("every deviation is known, and every known deviation is one", () => {
    const table = [...counts].map(([name, { passed, all }]) => `| ${name} | ${passed} | ${all - passed} |\n`).join("");
    const lists = [...failures]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([reason, paths]) => `\n## ${reason}\n\n${paths.map((path) => `- ${path}\n`).join("")}`);
    const text = `# Known deviations from the CEL conformance suite\n\n| Suite | passed | deviating |\n|---|--:|--:|\n${table}${lists.join("")}`;
    if (process.env.UPDATE === "1") writeFileSync(file, text);
    expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(text);
  });
});
