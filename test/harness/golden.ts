import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { Sample } from "./sample.ts";

/**
 * Compares what a sample produced with its `expected/` folder, file by file; a file that nothing produces fails too.
 * With UPDATE=1 in the environment the folder is rewritten instead.
 */
export function expectGoldens(sample: Sample, actual: ReadonlyMap<string, string>): void {
  const folder = join(sample.folder, "expected");
  if (process.env.UPDATE === "1") {
    rmSync(folder, { recursive: true, force: true });
    for (const [name, text] of actual) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return;
  }
  expect(
    [...sample.expected.keys()].filter((name) => !actual.has(name)),
    "expected files that nothing produces",
  ).toEqual([]);
  for (const [name, text] of actual) {
    expect(text, `expected/${name} (UPDATE=1 rewrites it)`).toBe(sample.expected.get(name));
  }
}
